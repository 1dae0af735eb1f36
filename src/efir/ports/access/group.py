"""Ports of access control, grouped for use cases: roles, bans and the audit log."""

from typing import Protocol

from efir.ports.access.audit import AuditLog, AuditViews
from efir.ports.access.bans import BanRepository
from efir.ports.access.credential_cache import AccessChanges
from efir.ports.access.roles import RoleRepository, RoleViews


class AccessRepositories(Protocol):
    """Repositories of roles, bans and the audit log."""

    @property
    def roles(self) -> RoleRepository: ...

    @property
    def bans(self) -> BanRepository: ...

    @property
    def audit(self) -> AuditLog: ...

    @property
    def access_changes(self) -> AccessChanges: ...


class AccessReadModels(Protocol):
    """Read models of roles and the audit log."""

    @property
    def roles(self) -> RoleViews: ...

    @property
    def audit(self) -> AuditViews: ...
