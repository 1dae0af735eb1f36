"""What all tables share."""

from datetime import datetime
from typing import Any
from uuid import UUID

from advanced_alchemy.base import orm_registry
from sqlalchemy import LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

Moment = TIMESTAMP(timezone=True)
NOW = text("now()")


class Row(DeclarativeBase):
    """A table row; names of constraints follow advanced-alchemy's convention, so `constraints.py` can list them."""

    metadata = orm_registry.metadata
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads this class attribute
        str: Text(),
        datetime: Moment,
        UUID: Uuid(),
        bytes: LargeBinary(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[str]: ARRAY(Text()),
    }
