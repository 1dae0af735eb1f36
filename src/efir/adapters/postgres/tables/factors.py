"""Tables of second factors, passkeys and identities at other providers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from efir.adapters.postgres.tables.row import NOW, Row


class TotpRow(Row):
    """An authenticator app; without `confirmed_at` it is only being set up."""

    __tablename__ = "totp_credential"
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    secret_sealed: Mapped[bytes]
    last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    confirmed_at: Mapped[datetime | None]
    wrong: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    wrong_since: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class RecoveryCodeRow(Row):
    """A recovery code; only a keyed hash is kept."""

    __tablename__ = "recovery_code"
    __table_args__ = (PrimaryKeyConstraint("user_id", "code_hash", name="pk_recovery_code"),)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes]
    used_at: Mapped[datetime | None]


class PasskeyRow(Row):
    """A passkey: its public key, and what its authenticator said of itself."""

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
    """Somebody at another provider: the pair of issuer and subject, never an address."""

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
