"""All tables, for migrations and for comparisons with them. Rows never leave the PostgreSQL adapter."""

from efir.adapters.postgres.access.tables import AccessChangeRow, AuditRow, BanRow, GrantRow, RolePermissionRow, RoleRow
from efir.adapters.postgres.accounts.tables import NameHoldRow, ProofRow, RegistrationRow, ReservationRow
from efir.adapters.postgres.audio.tables import AudioRow
from efir.adapters.postgres.auth.tables import (
    IdentityRow,
    LoginRow,
    PasskeyRow,
    PasswordRow,
    RecoveryCodeRow,
    SessionRow,
    SigningKeyRow,
    TokenRow,
    TotpRow,
)
from efir.adapters.postgres.channels.tables import ChannelRow
from efir.adapters.postgres.jobs.tables import JobRow, OutboxRow
from efir.adapters.postgres.kernel.row import Row
from efir.adapters.postgres.kernel.tables import BlobRow, ChunkRow, ReplyRow
from efir.adapters.postgres.mail.tables import MailRow
from efir.adapters.postgres.pictures.tables import PictureRow
from efir.adapters.postgres.quiz.tables import QuestionBankRow, QuestionCategoryRow, QuestionRow
from efir.adapters.postgres.uploads.tables import UploadRow
from efir.adapters.postgres.users.tables import UserRow
from efir.adapters.postgres.videos.tables import AssetRow, RenditionRow, SegmentRow, VideoRow

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
