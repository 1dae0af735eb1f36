"""Roles, grants and bans: storage and read models."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from msgspec import Meta, Struct

from efir.domain.access.roles import Grant, Role, RoleId
from efir.domain.kernel.ids import UserId
from efir.ports.kernel.pagination import PageRequest, Rows


class PermissionView(Struct, frozen=True):
    """A permission of Efir's own."""

    code: Annotated[str, Meta(description="Stable code.", examples=["roles.grant"])]
    description: Annotated[str, Meta(description="What it allows.")]


class RoleView(Struct, frozen=True):
    """A role with what it allows."""

    id: Annotated[UUID, Meta(description="Identifier (UUIDv7).")]
    name: Annotated[str, Meta(description="Unique name.", examples=["moderator"])]
    description: Annotated[str, Meta(description="What it is for.")]
    system: Annotated[bool, Meta(description="Whether it is part of the system and cannot be changed.")]
    permissions: Annotated[list[str], Meta(description="What it allows.", examples=[["moderation"]])]
    created_at: Annotated[datetime, Meta(description="When it was made.")]


class GrantView(Struct, frozen=True):
    """A role as one user holds it."""

    role_id: Annotated[UUID, Meta(description="Identifier of the role.")]
    name: Annotated[str, Meta(description="Name of the role.", examples=["moderator"])]
    permissions: Annotated[list[str], Meta(description="What it allows.", examples=[["moderation"]])]
    granted_by: Annotated[str | None, Meta(description="Nickname of who granted it; null: this machine's operator.")]
    granted_at: Annotated[datetime, Meta(description="When it was granted.")]
    expires_at: Annotated[datetime | None, Meta(description="When it ends; null: not by itself.")]
    reason: Annotated[str, Meta(description="Why it was granted.")]


class RoleRepository(Protocol):
    """Roles and grants inside a transaction."""

    async def lock_administration(self) -> None:
        """Let nobody else change grants of administrators until this transaction ends."""
        ...

    async def add(self, role: Role, permissions: frozenset[str]) -> None:
        """Raises RoleNameTaken."""
        ...

    async def get_by_name(self, name: str) -> tuple[Role, frozenset[str]]:
        """Lock a role and return it with its permissions. Raises RoleNotFound."""
        ...

    async def change(self, role: Role, permissions: frozenset[str]) -> None:
        """Store name, description, version and permissions. Raises RoleNameTaken."""
        ...

    async def remove(self, role_id: RoleId) -> None:
        """Delete a role with its grants."""
        ...

    async def grant(self, grant: Grant) -> None:
        """Store a grant; granting again replaces end and reason. Raises UserNotFound."""
        ...

    async def revoke(self, user_id: UserId, role_id: RoleId) -> bool:
        """Revoke a role; False when it was not held."""
        ...

    async def administrators(self) -> int:
        """Count active accounts that hold the administrator role permanently."""
        ...


class RoleViews(Protocol):
    """Roles and grants, read."""

    async def list_roles(self, wanted: PageRequest) -> Rows[RoleView]:
        """List roles, newest first."""
        ...

    async def one(self, name: str) -> RoleView:
        """Raises RoleNotFound."""
        ...

    async def list_grants(self, user_id: UserId, *, now: datetime) -> list[GrantView]:
        """List the roles a user holds now. Raises UserNotFound."""
        ...
