"""ZIP archives."""

import asyncio
import zipfile
from collections.abc import Mapping
from pathlib import Path


class ZipArchives:
    """Creates archives with the standard library, in a thread."""

    async def pack(self, files: Mapping[str, bytes], into: Path) -> None:
        """Write a ZIP file to `into`; `files` maps the names of its entries to their contents."""
        await asyncio.to_thread(_pack, files, into)


def _pack(files: Mapping[str, bytes], into: Path) -> None:
    with zipfile.ZipFile(into, "x", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
