"""Everything that is stored about a person, for the person."""

from collections.abc import Sequence
from typing import Any, Protocol

from efir.domain.kernel.ids import UserId


class ExportViews(Protocol):
    """Rows about a person, by subject."""

    @property
    def subjects(self) -> Sequence[str]:
        """Names of what there is."""
        ...

    async def rows(self, subject: str, user_id: UserId) -> list[dict[str, Any]]:
        """All rows of a subject; no hashes, no secrets, nothing about others."""
        ...
