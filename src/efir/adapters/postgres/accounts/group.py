"""PostgreSQL repositories and read models of profiles, proofs of email addresses and registrations."""

from efir.adapters.postgres.accounts.email_verification import PostgresProofRepository
from efir.adapters.postgres.accounts.profiles import PostgresProfileRepository, PostgresProfileViews
from efir.adapters.postgres.accounts.registrations import PostgresRegistrationRepository, PostgresRegistrationViews
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.domain.accounts.email_verification import EmailTaken
from efir.domain.users import UserNotFound


class AccountRepositories(Connected):
    """Repositories of profiles, proofs of email addresses and registrations."""

    __slots__ = ()

    profiles = RepositoryAttribute(PostgresProfileRepository)
    proofs = RepositoryAttribute(PostgresProofRepository)
    registrations = RepositoryAttribute(PostgresRegistrationRepository)


class AccountReadModels(Connected):
    """Read models of profiles, proofs of email addresses and registrations."""

    __slots__ = ()

    registrations = RepositoryAttribute(PostgresRegistrationViews)
    profiles = RepositoryAttribute(PostgresProfileViews)


BROKEN: Broken = {
    "uq_user_account_email_key": EmailTaken,
    "fk_mailbox_proof_user_id_user_account": UserNotFound,
}


EXPORTED = {
    "names_given_up": "select skel, created_at, until from name_hold where user_id = $1",
    "pending_addresses": "select email, purpose, created_at, expires_at from mailbox_proof where user_id = $1",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
