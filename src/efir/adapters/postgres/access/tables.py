"""Tables of roles, bans, the audit log and changes of rights."""

from datetime import datetime
from typing import Any
from uuid import UUID

from advanced_alchemy.types import BigIntIdentity
from sqlalchemy import (
    ForeignKey,
    Identity,
    Index,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class RoleRow(Row):
    """A role; the permissions of a system role are in the code."""

    __tablename__ = "role"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    name: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    description: Mapped[str] = mapped_column(server_default="")
    system: Mapped[bool] = mapped_column(server_default="false")
    ver: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class RolePermissionRow(Row):
    """One permission of a role that is not a system role."""

    __tablename__ = "role_permission"
    role_id: Mapped[UUID] = mapped_column(ForeignKey("role.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)


class GrantRow(Row):
    """A role that a user holds."""

    __tablename__ = "user_role"
    __table_args__ = (Index("ix_user_role_role_id", "role_id"),)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("role.id", ondelete="CASCADE"), primary_key=True)
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    granted_at: Mapped[datetime] = mapped_column(server_default=NOW)
    expires_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")


class BanRow(Row):
    """A ban; at most one ban of a user is in force."""

    __tablename__ = "ban"
    __table_args__ = (
        Index("uq_ban_user_id", "user_id", unique=True, postgresql_where=text("lifted_at is null")),
        Index("ix_ban_ends_at", "ends_at", postgresql_where=text("lifted_at is null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    reason: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(server_default=NOW)
    ends_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]


class AuditRow(Row):
    """An audited change by an administrator or the operator; never updated."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_at", "at", "id"),
        Index("ix_audit_log_target", "target", "at", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    target: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    request_id: Mapped[str] = mapped_column(server_default="")


class AccessChangeRow(Row):
    """A change of rights or credentials that has not reached the cache in Valkey yet."""

    __tablename__ = "access_changes"
    number: Mapped[int] = mapped_column(BigIntIdentity, Identity(), primary_key=True)
    changes: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
