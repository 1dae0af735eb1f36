"""All tables. Rows never leave the PostgreSQL adapter: `mapping.py` turns them into entities and read models."""

from efir.adapters.postgres.tables.accounts import PasswordRow, SessionRow, TokenRow, UserRow
from efir.adapters.postgres.tables.jobs import JobRow, OutboxRow, ReplyRow
from efir.adapters.postgres.tables.row import Row
from efir.adapters.postgres.tables.videos import AssetRow, ChannelRow, RenditionRow, SegmentRow, UploadRow, VideoRow

__all__ = [
    "AssetRow",
    "ChannelRow",
    "JobRow",
    "OutboxRow",
    "PasswordRow",
    "RenditionRow",
    "ReplyRow",
    "Row",
    "SegmentRow",
    "SessionRow",
    "TokenRow",
    "UploadRow",
    "UserRow",
    "VideoRow",
]
