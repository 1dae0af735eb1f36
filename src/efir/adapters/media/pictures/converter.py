"""PictureConverter by libvips in confined children that are started before they are needed and used once.

A fresh process for each picture costs nothing but the memory of one that waits: what one person's file did to a decoder
never meets the next person's. A child that waited too long ends; the next picture then starts its own.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from efir.adapters.media.confinement import confined_process, sandbox
from efir.adapters.media.pictures.picture_process import Shaper, noted
from efir.domain.kernel.limits import Limits
from efir.domain.pictures.picture import (
    SNIFFED,
    PictureInterrupted,
    PictureMissing,
    PicturesBusy,
    PictureTooLarge,
    sniff,
)
from efir.domain.processing.source_facts import SandboxUnavailable
from efir.ports.pictures import Later, MadePictures, PictureOrder

WRITTEN_AT_ONCE = 1 << 20


class VipsPictures:
    """See PictureConverter. `room` is a folder of this process alone; `most` children work at once."""

    def __init__(self, box: sandbox.Sandbox, limits: Limits, *, room: Path, most: int = 0) -> None:
        self._box = box
        self._limits = limits
        self._room = room
        self._most = most or max(1, (os.cpu_count() or 1) - 1)
        self._turns = asyncio.Semaphore(self._most)
        self._queued = 0
        self._seconds = float(limits.picture_seconds)
        self._finishing: set[asyncio.Task[None]] = set()
        self._ready: list[Shaper] = []

    def expect(self) -> None:
        """Have a child ready."""
        for shaper in [shaper for shaper in self._ready if not shaper.waits]:
            self._ready.remove(shaper)
            shaper.drop()
        if self._box.name != "none" and not self._ready:
            self._ready.append(Shaper(self._box, self._room))

    async def make(self, body: AsyncIterator[bytes], order: PictureOrder, later: Later | None = None) -> MadePictures:
        """Read a picture to its end and convert it; what is left to do goes on when this returns."""
        self.expect()
        with confined_process.workspace(self._box, self._room) as arrived:
            await self._received(body, arrived / "source")
            await self._turn()
            shaper = None
            try:
                shaper = self._taken()
                made = await shaper.work(arrived / "source", order, working=later is not None, seconds=self._seconds)
            except BaseException as error:
                self._finish(shaper, None)
                if isinstance(error, SandboxUnavailable | OSError):
                    raise PicturesBusy(retry_after=30) from error
                raise
            self._finish(shaper, later)
            return made

    def _finish(self, shaper: Shaper | None, later: Later | None) -> None:
        """Let the child do the rest and give up the turn, without anybody waiting for it."""
        task = asyncio.ensure_future(self._rest(shaper, later))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        task.add_done_callback(noted)  # a working copy that cannot be kept is missed by nobody but its draft

    async def _rest(self, shaper: Shaper | None, later: Later | None) -> None:
        working = None
        try:
            if shaper is not None:
                working = await shaper.rest(self._seconds) if later is not None else None
                await shaper.end()
        finally:
            self._turns.release()
            self._queued -= 1
        self.expect()
        if working is not None and later is not None:
            await later(working)

    async def close(self) -> None:
        """End the children that wait, and wait for those that work."""
        if self._finishing:
            await asyncio.wait(self._finishing)
        for shaper in self._ready:
            await shaper.end()
        self._ready.clear()

    def _taken(self) -> Shaper:
        self.expect()
        if not self._ready:
            raise PicturesBusy(retry_after=60)  # nothing here confines a decoder; the doctor tells operators why
        return self._ready.pop()

    async def _turn(self) -> None:
        """Wait for a free processor, but neither long nor behind too many others. Raises PicturesBusy."""
        if self._queued >= self._limits.pictures_queued:
            raise PicturesBusy(retry_after=2)
        self._queued += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._turns.acquire()
        except BaseException as error:
            self._queued -= 1
            if isinstance(error, TimeoutError):
                raise PicturesBusy(retry_after=2) from error
            raise

    async def _received(self, body: AsyncIterator[bytes], path: Path) -> None:
        """Write what comes; the first bytes decide, and the first byte too many ends it."""
        head, held, size = b"", bytearray(), 0
        try:
            async with asyncio.timeout(self._limits.picture_wait_seconds):
                with path.open("wb") as file:
                    async for chunk in body:
                        size += len(chunk)
                        if size > self._limits.picture_bytes:
                            raise PictureTooLarge.over(self._limits.picture_bytes)
                        if len(head) < SNIFFED:
                            head += chunk[: SNIFFED - len(head)]
                            if len(head) == SNIFFED:
                                sniff(head)
                        held += chunk
                        if len(held) >= WRITTEN_AT_ONCE:
                            await asyncio.to_thread(file.write, bytes(held))
                            held.clear()
                    file.write(held)
        except TimeoutError as error:
            raise PictureInterrupted from error
        if not size:
            raise PictureMissing
        sniff(head)


@asynccontextmanager
async def vips_pictures(box: sandbox.Sandbox, limits: Limits, *, room: Path) -> AsyncIterator[VipsPictures]:
    """Give a converter whose children end with the block."""
    found = VipsPictures(box, limits, room=room)
    try:
        yield found
    finally:
        await found.close()
