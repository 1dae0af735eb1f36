"""Open and read files without ever waiting for a disk: what the kernel has in memory needs no thread.

A thread hop costs more than reading 128 KiB. Linux can promise not to wait (RESOLVE_CACHED, RWF_NOWAIT); where it
cannot, or will not this time, the answer is None and the caller takes a thread.
"""

import ctypes
import errno
import os
import sys
import threading
from pathlib import Path

READ_MOST = 256 * 1024

_NOWAIT = getattr(os, "RWF_NOWAIT", 0)
_OPENAT2 = 437  # the same on every architecture
_AT_FDCWD = -100
_RESOLVE_CACHED = 0x20
_system = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class _Buffers(threading.local):
    """One buffer per thread, always warm: a fresh one for each read costs more than the read."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(READ_MOST))


_buffers = _Buffers()
_how = _OpenHow(os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK, 0, _RESOLVE_CACHED)


def open_cached(path: Path) -> int | None:
    """Open a file whose names are all in memory; None when they are not, or it is not there, or the system is old."""
    if _system is None:
        return None
    handle = _system.syscall(
        ctypes.c_long(_OPENAT2),
        ctypes.c_long(_AT_FDCWD),
        ctypes.c_char_p(os.fsencode(path)),
        ctypes.byref(_how),
        ctypes.c_size_t(ctypes.sizeof(_how)),
    )
    return None if handle < 0 else int(handle)


def read_cached(handle: int, offset: int, length: int) -> bytes | None:
    """Read bytes that are all in memory; None when they are not, or the file system does not know."""
    if not _NOWAIT or length > READ_MOST:
        return None
    buffer = _buffers.view[:length]
    try:
        count = os.preadv(handle, [buffer], offset, _NOWAIT)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL}:
            return None
        raise
    return bytes(buffer) if count == length else None
