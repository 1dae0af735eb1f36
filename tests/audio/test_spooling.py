"""Recordings on their way to the scratch folder."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from efir.application.audio.spooling import WRITE_BYTES, spool
from efir.application.context import Ports
from efir.ports.kernel.blobs import StorageFull


async def chunks(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize("size", [1000, WRITE_BYTES - 1, WRITE_BYTES, 3 * WRITE_BYTES])
async def test_every_byte_arrives_once_and_is_hashed(ports: Ports, size: int) -> None:
    content = bytes(range(256)) * 2000
    async with spool(ports, chunks(content, size)) as sound:
        assert sound.path.read_bytes() == content
        assert (sound.size, sound.sha256) == (len(content), hashlib.sha256(content).digest())
    assert not sound.path.exists()


class FullDisk:
    """A scratch folder in which whatever is written finds no space."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def directory(self, _purpose: str) -> AsyncIterator[Path]:
        """Lend the folder."""
        (self._folder / "source.wav").symlink_to("/dev/full")
        yield self._folder


async def test_a_full_disk_is_told_as_such(ports: Ports, tmp_path: Path) -> None:
    full: Any = FullDisk(tmp_path)
    with pytest.raises(StorageFull):
        async with spool(replace(ports, scratch=full), chunks(b"x" * 300_000, 1000)):
            pass
