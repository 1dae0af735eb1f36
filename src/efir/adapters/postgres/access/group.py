"""What the area keeps in PostgreSQL: roles, bans and the audit log."""

from efir.adapters.postgres.access.access_changes import WaitingChanges
from efir.adapters.postgres.access.audit import Audit, ReadAudit
from efir.adapters.postgres.access.bans import Bans
from efir.adapters.postgres.access.roles import ReadRoles, Roles
from efir.adapters.postgres.kernel.constraints import Broken
from efir.adapters.postgres.kernel.repository_attribute import Connected, On
from efir.domain.access.roles import RoleNameTaken
from efir.domain.users import UserNotFound


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
"""What is exported of a person, `$1`; a new table with personal data gets a line here."""
