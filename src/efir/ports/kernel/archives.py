"""Archives: packing several files into one ZIP file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Archives(Protocol):
    """Packs files into archives."""

    async def pack(self, files: Mapping[str, bytes], into: Path) -> None:
        """Write a ZIP file to `into`; `files` maps the names of its entries to their contents."""
        ...
