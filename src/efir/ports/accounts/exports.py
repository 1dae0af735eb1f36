"""Export of personal data: everything that is stored about a user."""

from collections.abc import Sequence
from typing import Any, Protocol

from efir.domain.kernel.ids import UserId


class ExportViews(Protocol):
    """Reads all rows about a user, grouped by subject."""

    @property
    def subjects(self) -> Sequence[str]:
        """Names of the subjects that can be exported."""
        ...

    async def rows(self, subject: str, user_id: UserId) -> list[dict[str, Any]]:
        """Return all rows of a subject, without hashes, secrets or data about other users."""
        ...
