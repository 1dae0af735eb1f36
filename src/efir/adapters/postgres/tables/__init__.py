"""All tables. Rows never leave the PostgreSQL adapter: `mapping.py` turns them into entities and read models."""

from efir.adapters.postgres.tables.access import (
    AccessChangeRow,
    AuditRow,
    BanRow,
    GrantRow,
    LoginRow,
    RolePermissionRow,
    RoleRow,
    SigningKeyRow,
)
from efir.adapters.postgres.tables.accounts import PasswordRow, SessionRow, TokenRow, UserRow
from efir.adapters.postgres.tables.audio import AudioRow, BlobRow, ChunkRow
from efir.adapters.postgres.tables.factors import IdentityRow, PasskeyRow, RecoveryCodeRow, TotpRow
from efir.adapters.postgres.tables.jobs import JobRow, OutboxRow, ReplyRow
from efir.adapters.postgres.tables.mails import MailRow, NameHoldRow, ProofRow
from efir.adapters.postgres.tables.questions import QuestionBankRow, QuestionCategoryRow, QuestionRow
from efir.adapters.postgres.tables.registrations import PictureRow, RegistrationRow, ReservationRow
from efir.adapters.postgres.tables.row import Row
from efir.adapters.postgres.tables.videos import AssetRow, ChannelRow, RenditionRow, SegmentRow, UploadRow, VideoRow

__all__ = [
    "AccessChangeRow",
    "AssetRow",
    "AudioRow",
    "AuditRow",
    "BanRow",
    "BlobRow",
    "ChannelRow",
    "ChunkRow",
    "GrantRow",
    "IdentityRow",
    "JobRow",
    "LoginRow",
    "MailRow",
    "NameHoldRow",
    "OutboxRow",
    "PasskeyRow",
    "PasswordRow",
    "PictureRow",
    "ProofRow",
    "QuestionBankRow",
    "QuestionCategoryRow",
    "QuestionRow",
    "RecoveryCodeRow",
    "RegistrationRow",
    "RenditionRow",
    "ReplyRow",
    "ReservationRow",
    "RolePermissionRow",
    "RoleRow",
    "Row",
    "SegmentRow",
    "SessionRow",
    "SigningKeyRow",
    "TokenRow",
    "TotpRow",
    "UploadRow",
    "UserRow",
    "VideoRow",
]
