"""Tables of sessions, tokens, login history, second factors, passkeys, identities and signing keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.kernel.row import NOW, Row


class LoginRow(Row):
    """An attempt to sign in."""

    __tablename__ = "login_event"
    __table_args__ = (
        Index("ix_login_event_user_id", "user_id", "at", "id"),
        Index("ix_login_event_at", "at"),
        Index("ix_login_event_whole", "at", postgresql_where=text("not shortened")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    at: Mapped[datetime]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    ident_mac: Mapped[bytes | None]
    outcome: Mapped[str]
    method: Mapped[str]
    session_id: Mapped[UUID | None]
    ip: Mapped[str | None] = mapped_column(INET)
    shortened: Mapped[bool] = mapped_column(server_default="false")
    ua: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[str] = mapped_column(server_default="")


class SigningKeyRow(Row):
    """A key that signs access tokens; its private half is sealed with the instance's secret."""

    __tablename__ = "signing_key"
    __table_args__ = (
        CheckConstraint("state in ('pending','active','retiring','retired','compromised')", name="state"),
        Index("uq_signing_key_active", "state", unique=True, postgresql_where=text("state = 'active'")),
    )
    kid: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    alg: Mapped[str]
    public_jwk: Mapped[dict[str, Any]]
    private_sealed: Mapped[bytes]
    state: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(server_default=NOW)


class PasswordRow(Row):
    """A password hash, wrapped with the key `wrap_kid`."""

    __tablename__ = "password_credential"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    wrapped: Mapped[bytes]
    wrap_kid: Mapped[str] = mapped_column(server_default="1")
    changed_at: Mapped[datetime] = mapped_column(server_default=NOW)
    breach_checked_at: Mapped[datetime | None]


class SessionRow(Row):
    """A login session of a browser or an app."""

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("kind in ('web','token','impersonation')", name="kind"),
        Index("ix_login_session_user_id", "user_id", postgresql_where=text("revoked_at is null")),
        Index("ix_login_session_idp", "idp_issuer", "idp_sid", postgresql_where=text("idp_issuer is not null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(server_default="web")
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    rt_seq: Mapped[int] = mapped_column(server_default="0")
    rt_hash: Mapped[bytes | None]
    rt_prev_hash: Mapped[bytes | None]
    rt_rotated_at: Mapped[datetime | None]
    epoch: Mapped[int] = mapped_column(server_default="0")
    aal: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    amr: Mapped[list[str]] = mapped_column(server_default="{pwd}")
    auth_time: Mapped[datetime]
    actor_id: Mapped[UUID | None]  # the impersonator, and their own session
    actor_session_id: Mapped[UUID | None]
    device_id: Mapped[UUID | None]
    label: Mapped[str | None]
    ip: Mapped[str | None] = mapped_column(INET)
    ua: Mapped[str] = mapped_column(server_default="")
    idp_issuer: Mapped[str | None]
    idp_sid: Mapped[str | None]
    idp_hint: Mapped[bytes | None]  # the provider's ID token, sealed; it is sent to the provider at logout
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    idle_expires: Mapped[datetime]
    abs_expires: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None]


class TokenRow(Row):
    """An API token; `uuid` tokens never expire."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("kind in ('pat','uuid')", name="kind"),
        CheckConstraint("expires_at is not null or kind = 'uuid'", name="pat_expires"),
        Index("ix_api_token_user_id", "user_id", "created_at", "id", postgresql_where=text("revoked_at is null")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(server_default="pat")
    name: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    scopes: Mapped[list[str]]
    cidrs: Mapped[list[str]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class TotpRow(Row):
    """An authenticator app; without `confirmed_at`, its set-up is unfinished."""

    __tablename__ = "totp_credential"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    secret_sealed: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    confirmed_at: Mapped[datetime | None]
    wrong: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    wrong_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class RecoveryCodeRow(Row):
    """A recovery code; only a keyed hash is stored."""

    __tablename__ = "recovery_code"
    __table_args__ = (PrimaryKeyConstraint("user_id", "code_hash", name="pk_recovery_code"),)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes]
    used_at: Mapped[datetime | None]


class PasskeyRow(Row):
    """A passkey: its public key, and the properties that its authenticator reported."""

    __tablename__ = "webauthn_credential"
    __table_args__ = (Index("ix_webauthn_credential_user_id", "user_id", "created_at", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    cred_id: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    backup_eligible: Mapped[bool]
    backed_up: Mapped[bool]
    aaguid: Mapped[str]
    transports: Mapped[list[str]] = mapped_column(server_default="{}")
    label: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    last_used_at: Mapped[datetime | None]


class IdentityRow(Row):
    """A user's identity at another provider: the pair of issuer and subject, never an email address."""

    __tablename__ = "external_identity"
    __table_args__ = (
        Index("uq_external_identity_subject", "issuer", "sub", unique=True),
        Index("ix_external_identity_user_id", "user_id", "linked_at", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("uuidv7()"))
    issuer: Mapped[str] = mapped_column(Text(collation="C"))
    sub: Mapped[str] = mapped_column(Text(collation="C"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    provider: Mapped[str]
    shown: Mapped[str] = mapped_column(server_default="")
    linked_at: Mapped[datetime] = mapped_column(server_default=NOW)
    last_used_at: Mapped[datetime | None]
