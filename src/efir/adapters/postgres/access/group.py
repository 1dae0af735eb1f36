"""What the area keeps in PostgreSQL: roles, bans and the audit log."""

from efir.adapters.postgres.access.access_changes import WaitingChanges
from efir.adapters.postgres.access.audit import Audit, ReadAudit
from efir.adapters.postgres.access.bans import Bans
from efir.adapters.postgres.access.roles import ReadRoles, Roles
from efir.adapters.postgres.kernel.repository_attribute import Connected, On


class AccessRepositories(Connected):
    """Repositories of roles, bans and the audit log."""

    __slots__ = ()

    roles = On(Roles)
    bans = On(Bans)
    audit = On(Audit)
    access_changes = On(WaitingChanges)


class AccessReadModels(Connected):
    """Read models of roles, bans and the audit log."""

    __slots__ = ()

    roles = On(ReadRoles)
    audit = On(ReadAudit)
