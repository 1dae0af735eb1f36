"""Opening and reading files without ever waiting for a disk: what is in the kernel's cache needs no thread.

A thread hop costs more than reading 128 KiB. Linux can guarantee not to wait (RESOLVE_CACHED, RWF_NOWAIT); where it
cannot, or does not this time, the result is None and the caller uses a thread.
"""

import ctypes
import errno
import os
import sys
from pathlib import Path

MAX_READ = 1024 * 1024

_NOWAIT = getattr(os, "RWF_NOWAIT", 0)
_OPENAT2 = 437  # the same on every architecture
_AT_FDCWD = -100
_RESOLVE_CACHED = 0x20
_system = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_preadv2 = getattr(_system, "preadv2", None)  # os.preadv fills a buffer of its caller: one more copy of every byte
if _preadv2 is not None:
    _preadv2.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_int)
    _preadv2.restype = ctypes.c_ssize_t


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class _IoVec(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


_new_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
_new_bytes.restype = ctypes.py_object
_new_bytes.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t)
_address = ctypes.pythonapi.PyBytes_AsString
_address.restype = ctypes.c_void_p
_address.argtypes = (ctypes.py_object,)
_how = _OpenHow(os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK, 0, _RESOLVE_CACHED)


def open_cached(path: Path) -> int | None:
    """Open a file whose path is cached; return None when it is not cached, does not exist, or the system is too old."""
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
    """Read bytes that are cached; return None when they are not, or the file system does not support it."""
    if _preadv2 is None or not _NOWAIT or length > MAX_READ:
        return None
    content: bytes = _new_bytes(None, length)  # not yet referenced elsewhere, so it may still be filled
    vector = _IoVec(_address(content), length)
    count = _preadv2(handle, ctypes.byref(vector), 1, offset, _NOWAIT)
    if count == length:
        return content
    if count < 0 and (number := ctypes.get_errno()) not in {errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL}:
        raise OSError(number, os.strerror(number))
    return None
