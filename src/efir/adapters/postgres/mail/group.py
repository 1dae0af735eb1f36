"""Constraints and data export of mails in PostgreSQL; their repository is in `transactions.py`, which has the seal."""

from efir.adapters.postgres.kernel.constraints import Broken
from efir.domain.users import UserNotFound

BROKEN: Broken = {
    "fk_mails_user_id_user_account": UserNotFound,
}


EXPORTED = {
    "mails": "select id, kind, recipient, lang, state, created_at, ended_at from mails where user_id = $1 order by id",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
