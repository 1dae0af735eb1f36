"""The base class of all tables."""

from typing import Any

from advanced_alchemy.base import DefaultBase, orm_registry
from sqlalchemy import Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

NOW = text("now()")
# The other types of columns, and the names of constraints, are those of the library. Its JsonB is not used: it asks
# SQLAlchemy for a function that 2.1 no longer has, so a table with such a column cannot be declared.
orm_registry.update_type_annotation_map(
    {str: Text(), list[str]: ARRAY(Text()), dict[str, Any]: JSONB(none_as_null=True)}
)


class Row(DefaultBase):
    """A table row; areas translate broken constraints by the names that the library's convention gives them."""

    __abstract__ = True
