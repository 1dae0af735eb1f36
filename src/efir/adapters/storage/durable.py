"""File operations that survive a power cut once they return; all of them block, so call them in a thread."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from efir.ports.kernel.blobs import StorageFull

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
PLACE_TRIES = 5


@contextmanager
def space_errors() -> Iterator[None]:
    """Translate errors of a full disk (ENOSPC, EDQUOT) to StorageFull."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_SPACE:
            raise
        raise StorageFull from error


def sync_directory(path: Path) -> None:
    """Make the entries of a directory durable."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make a file's content durable, whichever process wrote it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directories(path: Path, *, below: Path) -> None:
    """Create `path` and its missing parents below `below`, and make each durable in its parent."""
    if path == below or path.is_dir():
        return
    make_directories(path.parent, below=below)
    path.mkdir(exist_ok=True)
    sync_directory(path.parent)


def place(source: Path, target: Path, *, root: Path) -> None:
    """Move a finished file to its place on the same file system: fsync(file), rename, fsync(directory).

    Directories are created again when a concurrent deletion has just pruned them.
    """
    sync_file(source)
    for attempt in range(PLACE_TRIES):
        try:
            make_directories(target.parent, below=root)
            source.replace(target)
            sync_directory(target.parent)
        except FileNotFoundError:
            if attempt == PLACE_TRIES - 1 or not source.exists():
                raise
        else:
            return


def prune(path: Path, *, below: Path) -> None:
    """Remove `path` and its parents under `below` as far as they are empty."""
    while path != below:
        try:
            path.rmdir()
        except OSError:  # not empty, or already removed by another process
            return
        path = path.parent
