"""What the area keeps in PostgreSQL: profiles, proofs of mailboxes and registrations."""

from efir.adapters.postgres.accounts.email_verification import Proofs
from efir.adapters.postgres.accounts.exports import ReadExports
from efir.adapters.postgres.accounts.profiles import Profiles, ReadProfiles
from efir.adapters.postgres.accounts.registrations import ReadRegistrations, Registrations
from efir.adapters.postgres.kernel.repository_attribute import Connected, On


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
    exports = On(ReadExports)
