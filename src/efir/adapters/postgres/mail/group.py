"""What the area keeps in PostgreSQL: mail."""

from efir.adapters.postgres.kernel.constraints import Broken
from efir.domain.users import UserNotFound

BROKEN: Broken = {
    "fk_mails_user_id_user_account": UserNotFound,
}


EXPORTED = {
    "mails": "select id, kind, recipient, lang, state, created_at, ended_at from mails where user_id = $1 order by id",
}
"""What is exported of a person, `$1`; a new table with personal data gets a line here."""
