"""ZIP files."""

import asyncio
import zipfile
from collections.abc import Mapping
from pathlib import Path


class ZipArchives:
    """Packs files with Python's own library, off the loop."""

    async def pack(self, files: Mapping[str, bytes], into: Path) -> None:
        """Write a ZIP file with these names and contents."""
        await asyncio.to_thread(_pack, files, into)


def _pack(files: Mapping[str, bytes], into: Path) -> None:
    with zipfile.ZipFile(into, "x", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
