"""Archives: several files in one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Archives(Protocol):
    """Packs files."""

    async def pack(self, files: Mapping[str, bytes], into: Path) -> None:
        """Write a ZIP file with these names and contents."""
        ...
