"""PostgreSQL repositories and read models of roles, bans and the audit log."""

from efir.adapters.postgres.access.access_changes import PostgresAccessChanges
from efir.adapters.postgres.access.audit import PostgresAuditLog, PostgresAuditViews
from efir.adapters.postgres.access.bans import PostgresBanRepository
from efir.adapters.postgres.access.roles import PostgresRoleRepository, PostgresRoleViews
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, RepositoryAttribute
from efir.domain.access.roles import RoleNameTaken
from efir.domain.users import UserNotFound


class AccessRepositories(Connected):
    """Repositories of roles, bans and the audit log."""

    __slots__ = ()

    roles = RepositoryAttribute(PostgresRoleRepository)
    bans = RepositoryAttribute(PostgresBanRepository)
    audit = RepositoryAttribute(PostgresAuditLog)
    access_changes = RepositoryAttribute(PostgresAccessChanges)


class AccessReadModels(Connected):
    """Read models of roles, bans and the audit log."""

    __slots__ = ()

    roles = RepositoryAttribute(PostgresRoleViews)
    audit = RepositoryAttribute(PostgresAuditViews)


BROKEN: Broken = {
    "fk_user_role_user_id_user_account": UserNotFound,
    "fk_ban_user_id_user_account": UserNotFound,
    "uq_role_name": RoleNameTaken,
}


EXPORTED = {
    "roles": """select r.name, g.granted_at, g.expires_at, g.reason from user_role g join role r on r.id = g.role_id
                 where g.user_id = $1 order by g.granted_at""",
    "acts": """select at, action, actor_id is not distinct from $1 as by_you from audit_log
                where actor_id = $1 or target = 'user:' || $1::uuid order by at""",
    "bans": "select reason, starts_at, ends_at, lifted_at from ban where user_id = $1 order by starts_at",
}
"""Queries of the data export by subject, `$1` is the user; every table with personal data needs one."""
