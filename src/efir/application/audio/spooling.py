"""Spooling of request bodies: bytes are counted and hashed into a scratch file, which is deleted afterwards."""

import errno
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from efir.application.context import Ports
from efir.domain.audio.records import AudioTooLarge
from efir.ports.kernel.blobs import StorageFull

WRITE_BYTES = 1 << 17  # hashed within one time slice of the scheduler, so that no response waits
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


class Received(Struct, frozen=True):
    """A received file; it is alone in `folder` and is deleted with it."""

    path: Path
    folder: Path
    size: int
    sha256: bytes


@asynccontextmanager
async def spool(ports: Ports, chunks: AsyncIterator[bytes]) -> AsyncIterator[Received]:
    """Receive a file. Raises AudioTooLarge at the first byte over the limit, StorageFull and what `chunks` raises."""
    async with ports.scratch.directory("audio") as folder:
        path, size, digest = folder / "source.wav", 0, hashlib.sha256()

        def write(file: Any, pieces: list[bytes]) -> None:
            content = memoryview(b"".join(pieces))
            digest.update(content)
            try:
                while content:
                    content = content[file.write(content) :]
            except OSError as error:
                if error.errno in NO_SPACE:
                    raise StorageFull from error
                raise

        with path.open("wb", buffering=0) as file:  # closing must not retry a write that a full disk refused
            pieces, waiting = list[bytes](), 0  # joined in the thread: copying would block the event loop
            async for chunk in chunks:
                size += len(chunk)
                if size > ports.limits.audio_bytes:
                    raise AudioTooLarge(f"A recording has at most {ports.limits.audio_bytes} bytes.")
                pieces.append(chunk)
                waiting += len(chunk)
                if waiting >= WRITE_BYTES:
                    await ports.audio.slots.run_in_thread(write, file, pieces)
                    pieces, waiting = [], 0
            await ports.audio.slots.run_in_thread(write, file, pieces)
        made = folder / "made"
        made.mkdir()
        yield Received(path, made, size, digest.digest())
