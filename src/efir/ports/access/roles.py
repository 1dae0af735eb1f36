"""Storage and read models of roles and grants."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.access.roles import Grant, Role, RoleId
from efir.domain.kernel.ids import UserId
from efir.ports.kernel.pagination import PageRequest, Rows


class PermissionView(Struct, frozen=True):
    """A permission defined by Efir itself."""

    code: Annotated[str, Meta(description="Stable code.", examples=["roles.grant"])]
    description: Annotated[str, Meta(description="What the permission allows.")]


class RoleView(Struct, frozen=True):
    """A role with its permissions."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    name: Annotated[str, Meta(description="Unique name.", examples=["moderator"])]
    description: Annotated[str, Meta(description="Purpose of the role.")]
    system: Annotated[bool, Meta(description="Whether the role is built in and cannot be changed.")]
    permissions: Annotated[list[str], Meta(description="Permissions of the role.", examples=[["moderation"]])]
    created_at: Annotated[datetime, Meta(description="When the role was created.")]


class GrantView(Struct, frozen=True):
    """A role that a user holds."""

    role_id: Annotated[UUID, Meta(description="Identifier of the role.")]
    name: Annotated[str, Meta(description="Name of the role.", examples=["moderator"])]
    permissions: Annotated[list[str], Meta(description="Permissions of the role.", examples=[["moderation"]])]
    granted_by: Annotated[str | None, Meta(description="Nickname of the grantor; null: the operator of this machine.")]
    granted_at: Annotated[datetime, Meta(description="When the role was granted.")]
    expires_at: Annotated[datetime | None, Meta(description="When the grant expires; null: never.")]
    reason: Annotated[str, Meta(description="Reason for the grant.")]


class RoleRepository(Protocol):
    """Stores roles and grants within a transaction."""

    async def lock_administration(self) -> None:
        """Lock the grants of the administrator role until the transaction ends."""
        ...

    async def add(self, role: Role, permissions: frozenset[str]) -> None:
        """Store a new role. Raises RoleNameTaken."""
        ...

    async def get_by_name(self, name: str) -> tuple[Role, frozenset[str]]:
        """Lock a role and return it with its permissions. Raises RoleNotFound."""
        ...

    async def change(self, role: Role, permissions: frozenset[str]) -> None:
        """Store the name, description, version and permissions of a role. Raises RoleNameTaken."""
        ...

    async def remove(self, role_id: RoleId) -> None:
        """Delete a role with its grants."""
        ...

    async def grant(self, grant: Grant) -> None:
        """Store a grant; granting again replaces the expiry and the reason. Raises UserNotFound."""
        ...

    async def revoke(self, user_id: UserId, role_id: RoleId) -> bool:
        """Revoke a role. Return False when the user does not hold it."""
        ...

    async def administrators(self) -> int:
        """Count active accounts that hold the administrator role permanently."""
        ...


class RoleViews(Protocol):
    """Reads roles and grants."""

    async def list_roles(self, wanted: PageRequest) -> Rows[RoleView]:
        """List roles, newest first."""
        ...

    async def one(self, name: str) -> RoleView:
        """Return a role. Raises RoleNotFound."""
        ...

    async def list_grants(self, user_id: UserId, *, now: datetime) -> list[GrantView]:
        """List the roles that a user holds now. Raises UserNotFound."""
        ...
