"""Scratch directories and files, each guarded by a lock that the kernel releases when its process ends."""

import asyncio
import fcntl
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4


class LockedScratch:
    """`Scratch` below one directory, shared by any number of processes of a machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @asynccontextmanager
    async def directory(self, purpose: str) -> AsyncIterator[Path]:
        """Create an empty directory, removed with its contents on exit; `purpose` is part of its name."""
        path, lock = await asyncio.to_thread(self._claim, purpose, _make_directory)
        try:
            yield path
        finally:
            await asyncio.shield(asyncio.to_thread(_remove, path, lock))

    async def sweep(self) -> int:
        """Remove every entry that no process holds. Return the number of removed entries."""
        return await asyncio.to_thread(self._sweep)

    @contextmanager
    def file(self, purpose: str) -> Iterator[Path]:
        """Create an empty file, removed on exit unless it was moved away; blocks."""
        path, lock = self._claim(purpose, lambda path: path.touch(exist_ok=False))
        try:
            yield path
        finally:
            _remove(path, lock)

    def discard(self, path: Path) -> None:
        """Move a file or directory out of sight at once, then delete it with its contents; blocks."""
        self.root.mkdir(parents=True, exist_ok=True)
        trash = self._name("discarded")
        path.rename(trash)
        _remove(trash, hold(trash))

    def _name(self, purpose: str) -> Path:
        return self.root / f"{re.sub('[^a-z0-9-]+', '-', purpose.lower())[:60]}-{uuid4().hex}"

    def _claim(self, purpose: str, make: Callable[[Path], None]) -> tuple[Path, int]:
        self.root.mkdir(parents=True, exist_ok=True)
        while True:
            path = self._name(purpose)
            make(path)
            lock = hold(path)
            if lock is not None:  # otherwise a sweep has removed it
                return path, lock

    def _sweep(self) -> int:
        self.root.mkdir(parents=True, exist_ok=True)
        removed = 0
        for entry in self.root.iterdir():
            lock = hold(entry)
            if lock is not None:
                _remove(entry, lock)
                removed += 1
        return removed


def hold(path: Path) -> int | None:
    """Lock an entry and return its handle; None when another process holds it or has just removed it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.lstat()
    except (BlockingIOError, FileNotFoundError):
        os.close(handle)
        return None
    return handle


def _make_directory(path: Path) -> None:
    path.mkdir(mode=0o700)


def _remove(path: Path, lock: int | None) -> None:
    try:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    finally:
        if lock is not None:
            os.close(lock)
