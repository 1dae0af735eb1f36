"""Roles and grants in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.kernel.advisory_locks import AdvisoryLock
from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.access.roles import ADMINISTRATOR, Grant, Role, RoleId, RoleNotFound, permissions_of
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserNotFound
from efir.ports.access.roles import GrantView, RoleView
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows

STORED = "array(select p.code from role_permission p where p.role_id = r.id order by p.code)"
ROLES = (
    f"select r.id, r.name, r.description, r.system, {STORED}, r.created_at from role r "  # noqa: S608  # own text only
    "where {where} order by {order} limit {limit}"
)
ONE = f"select r.id, r.name, r.description, r.system, {STORED}, r.created_at from role r where r.name = $1"  # noqa: S608  # own text only
LOCKED = f"""
select r.id, r.name, r.description, r.system, r.ver, r.created_at, {STORED} as stored
  from role r where r.name = $1 for update of r"""  # noqa: S608  # own text only
GRANTED = f"""
select r.id, r.name, r.system, {STORED}, b.nickname, g.granted_at, g.expires_at, g.reason
  from user_role g join role r on r.id = g.role_id left join user_account b on b.id = g.granted_by
 where g.user_id = $1 and (g.expires_at is null or g.expires_at > $2) order by r.name"""  # noqa: S608  # own text only
GRANT = """
insert into user_role (user_id, role_id, granted_by, granted_at, expires_at, reason) values ($1, $2, $3, $4, $5, $6)
on conflict (user_id, role_id) do update set granted_by = excluded.granted_by, granted_at = excluded.granted_at,
   expires_at = excluded.expires_at, reason = excluded.reason"""
ADMINISTRATORS = """
select count(*) from user_role g join role r on r.id = g.role_id join user_account u on u.id = g.user_id
 where r.name = $1 and g.expires_at is null and u.status = 'active'"""


class PostgresRoleViews:
    """Read models of roles."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def list_roles(self, wanted: PageRequest) -> Rows[RoleView]:
        """List roles, newest first."""
        sql, arguments = keyset(
            ROLES,
            wanted,
            key="r.created_at",
            kind="timestamptz",
            read=datetime.fromisoformat,
            first=1,
            id_column="r.id",
        )
        rows = [_view(row) for row in await self._connection.fetch(sql, *arguments)]
        return build_rows(rows, wanted, lambda row: Position(row.created_at.isoformat(), str(row.id)))

    async def one(self, name: str) -> RoleView:
        """Return a role. Raises RoleNotFound."""
        row = await self._connection.fetchrow(ONE, name)
        if row is None:
            raise RoleNotFound
        return _view(row)

    async def list_grants(self, user_id: UserId, *, now: datetime) -> list[GrantView]:
        """List the roles that a user holds now. Raises UserNotFound."""
        rows = await self._connection.fetch(GRANTED, user_id, now)
        if not rows and not await self._connection.fetchval("select 1 from user_account where id = $1", user_id):
            raise UserNotFound
        return [
            GrantView(role_id, name, sorted(permissions_of(name, system=system, stored=stored)), *rest)
            for role_id, name, system, stored, *rest in rows
        ]


class PostgresRoleRepository:
    """Roles and grants inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def lock_administration(self) -> None:
        """Lock the grants of the administrator role until the transaction ends."""
        await self._connection.execute(f"select pg_advisory_xact_lock({AdvisoryLock.ROLES:d})")

    async def add(self, role: Role, permissions: frozenset[str]) -> None:
        """Store a new role. Raises RoleNameTaken."""
        values = to_values(role)
        await self._connection.execute(build_insert("role", values), *values.values())
        await self._permit(role.id, permissions)

    async def get_by_name(self, name: str) -> tuple[Role, frozenset[str]]:
        """Lock a role and return it with its permissions. Raises RoleNotFound."""
        row = await self._connection.fetchrow(LOCKED, name)
        if row is None:
            raise RoleNotFound
        role = to_domain({key: value for key, value in row.items() if key != "stored"}, Role)
        return role, permissions_of(role.name, system=role.system, stored=row["stored"])

    async def change(self, role: Role, permissions: frozenset[str]) -> None:
        """Store the name, description, version and permissions of a role. Raises RoleNameTaken."""
        await self._connection.execute(
            "update role set name = $2, description = $3, ver = $4 where id = $1",
            role.id, role.name, role.description, role.ver,
        )  # fmt: skip
        await self._connection.execute("delete from role_permission where role_id = $1", role.id)
        await self._permit(role.id, permissions)

    async def remove(self, role_id: RoleId) -> None:
        """Delete a role and its grants."""
        await self._connection.execute("delete from role where id = $1", role_id)

    async def grant(self, grant: Grant) -> None:
        """Store a grant; granting again replaces the expiry and the reason. Raises UserNotFound."""
        await self._connection.execute(
            GRANT, grant.user_id, grant.role_id, grant.granted_by, grant.granted_at, grant.expires_at, grant.reason
        )

    async def revoke(self, user_id: UserId, role_id: RoleId) -> bool:
        """Revoke a role. Return False when the user does not hold it."""
        gone: UUID | None = await self._connection.fetchval(
            "delete from user_role where user_id = $1 and role_id = $2 returning user_id", user_id, role_id
        )
        return gone is not None

    async def administrators(self) -> int:
        """Return the number of active accounts that hold the administrator role permanently."""
        return int(await self._connection.fetchval(ADMINISTRATORS, ADMINISTRATOR))

    async def _permit(self, role_id: RoleId, permissions: frozenset[str]) -> None:
        await self._connection.execute(
            "insert into role_permission (role_id, code) select $1, unnest($2::text[])", role_id, sorted(permissions)
        )


def _view(row: Any) -> RoleView:
    role_id, name, description, system, stored, created_at = row
    return RoleView(
        id=role_id, name=name, description=description, system=system,
        permissions=sorted(permissions_of(name, system=system, stored=stored)), created_at=created_at,
    )  # fmt: skip
