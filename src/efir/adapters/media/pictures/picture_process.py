"""The parent side of a child that makes one picture: its order, and the checks of its output."""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from efir.adapters.media.confinement import confined_process, sandbox
from efir.domain.pictures import picture
from efir.domain.pictures.picture import PictureBroken, PictureRefused, PictureTooHeavy, PictureTypeRefused
from efir.domain.processing.source_facts import MediaWorkFailed, MediaWorkStalled
from efir.ports.pictures import MadeFile, MadePictures, PictureOrder

REFUSALS = {
    kind.code: kind
    for kind in vars(picture).values()
    if isinstance(kind, type) and issubclass(kind, PictureRefused | PictureTypeRefused)
}
WAITING_SECONDS = 180.0  # a child nobody needed ends after so long
MEMORY = 1536 << 20
FILE_BYTES = 32 << 20
MAX_HASH = 28


class Shaper:
    """One child: it has loaded everything and waits in its own folder for one order."""

    def __init__(self, box: sandbox.Sandbox, room: Path) -> None:
        self._held = ExitStack()
        self._folder = self._held.enter_context(confined_process.workspace(box, room))
        orders = self._folder / "order"
        os.mkfifo(orders)
        orders.chmod(0o644)
        self._orders = os.open(orders, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)  # so that neither side waits
        self._held.callback(os.close, self._orders)
        task = confined_process.Task(
            argv=(*sandbox.python(), "efir.adapters.media.pictures.picture_worker", orders.name),
            work=self._folder,
            limits=sandbox.Limits(memory=MEMORY, cpu=int(WAITING_SECONDS), file=FILE_BYTES),
            wall=WAITING_SECONDS,
            nice=0,
        )
        self._told: list[bytes] = []
        self._more = asyncio.Event()
        self._run = asyncio.ensure_future(confined_process.run(box, task, self._heard))
        self._run.add_done_callback(noted)

    @property
    def waits(self) -> bool:
        """Whether the child is still there."""
        return not self._run.done()

    async def work(self, source: Path, order: PictureOrder, *, working: bool, seconds: float) -> MadePictures:
        """Hand a file over and wait for its sizes; raises what PictureConverter.make does."""
        self._lend(source)
        crop = order.crop
        wanted = {"kind": order.kind, "working": working, "crop": crop and [crop.x, crop.y, crop.size]}
        os.write(self._orders, msgspec.json.encode(wanted) + b"\n")
        try:
            async with asyncio.timeout(seconds):
                told = msgspec.json.decode(await self._line(0), type=_Told)
                if told.refused:
                    raise REFUSALS.get(told.refused, PictureBroken)(told.detail[:200])
                return await asyncio.to_thread(self._collect_pictures, told)
        except (TimeoutError, MediaWorkStalled) as error:
            raise PictureTooHeavy from error
        except (msgspec.MsgspecError, OSError, ValueError) as error:
            raise PictureBroken from error  # no answer of ours: something else spoke for the child

    async def rest(self, seconds: float) -> MadeFile | None:
        """Wait for the working copy; None when there is none."""
        try:
            async with asyncio.timeout(seconds):
                entry = msgspec.json.decode(await self._line(1), type=_Entry)
                return await asyncio.to_thread(self._file, "working.webp", entry)
        except (TimeoutError, PictureRefused, MediaWorkFailed, msgspec.MsgspecError, OSError, ValueError):
            return None

    async def _line(self, number: int) -> bytes:
        """Wait for a line of what the child tells. Raises PictureBroken, PictureTooHeavy when it ends before."""
        while len(self._told) <= number:
            if self._run.done():
                raise self._fault(self._run.result())
            self._more.clear()
            more = asyncio.ensure_future(self._more.wait())
            try:
                await asyncio.wait({self._run, more}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                more.cancel()
        return self._told[number]

    def _lend(self, source: Path) -> None:
        source.chmod(0o644)
        source.replace(self._folder / "source")

    def _heard(self, line: bytes) -> bool:
        self._told.append(line)
        self._more.set()
        return True

    @staticmethod
    def _fault(done: confined_process.Finished) -> Exception:
        # a decoder that crashes or runs out of bounds was fed with something made for that, or with rubbish
        fault = PictureTooHeavy() if "MemoryError" in done.complaint else PictureBroken()
        fault.__cause__ = MediaWorkFailed(f"shaping ended with {done.code}: {done.complaint}")
        return fault

    async def end(self) -> None:
        """Kill the child if it still runs, and remove its folder."""
        self._run.cancel()
        await asyncio.wait({self._run})
        await asyncio.to_thread(self.drop)

    def drop(self) -> None:
        """Remove the folder of a child that has ended."""
        self._held.close()

    def _collect_pictures(self, told: "_Told") -> MadePictures:
        return MadePictures(
            width=told.width,
            height=told.height,
            files=[self._file(f"{entry.width}.webp", entry) for entry in told.files],
            thumbhash=bytes.fromhex(told.thumbhash)[:MAX_HASH],
        )

    def _file(self, name: str, entry: "_Entry") -> MadeFile:
        """Read a made file, which is never believed to be one: a hostile child may leave links, pipes or pages."""
        handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123  # a descriptor, not a path
            content = file.read(FILE_BYTES)
        if content[:4] != b"RIFF" or content[8:12] != b"WEBP":
            raise ValueError(name)
        return MadeFile(width=entry.width, height=entry.height, content=content)


class _Entry(msgspec.Struct, frozen=True):
    """One made file as the child tells of it."""

    width: int
    height: int


class _Told(msgspec.Struct, frozen=True):
    """What a child tells."""

    refused: str = ""
    detail: str = ""
    width: int = 0
    height: int = 0
    files: list[_Entry] = []
    thumbhash: str = ""


def noted(run: asyncio.Future[Any]) -> None:
    """Take note of how an unused child ended, so that nobody complains that nobody did."""
    if not run.cancelled():
        run.exception()
