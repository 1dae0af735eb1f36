"""What the area keeps in PostgreSQL: profiles, proofs of mailboxes and registrations."""

from efir.adapters.postgres.accounts.email_verification import Proofs
from efir.adapters.postgres.accounts.profiles import Profiles, ReadProfiles
from efir.adapters.postgres.accounts.registrations import ReadRegistrations, Registrations
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.domain.accounts.email_verification import EmailTaken
from efir.domain.users import UserNotFound


class AccountRepositories(Connected):
    """Repositories of profiles, proofs of mailboxes and registrations."""

    __slots__ = ()

    profiles = On(Profiles)
    proofs = On(Proofs)
    registrations = On(Registrations)


class AccountReadModels(Connected):
    """Read models of profiles, proofs of mailboxes and registrations."""

    __slots__ = ()

    registrations = On(ReadRegistrations)
    profiles = On(ReadProfiles)


BROKEN: Broken = {
    "uq_user_account_email_key": EmailTaken,
    "fk_mailbox_proof_user_id_user_account": UserNotFound,
}


EXPORTED = {
    "names_given_up": "select skel, created_at, until from name_hold where user_id = $1",
    "pending_addresses": "select email, purpose, created_at, expires_at from mailbox_proof where user_id = $1",
}
"""What is exported of a person, `$1`; a new table with personal data gets a line here."""
