"""Linux namespaces without a helper program: the process sees named paths only, no network, no other process.

Loaded for every piece of work, so without pathlib; and once the root is left, nothing more can be imported.
"""

import ctypes
import os

CLONE_NEWNS = 0x20000
CLONE_NEWUTS = 0x4000000
CLONE_NEWIPC = 0x8000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = 1, 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
SYS_MOUNT_SETATTR = 442
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
STAGE = "/tmp"  # noqa: S108  # hidden by a mount of our own before anything is written

_libc = ctypes.CDLL(None, use_errno=True)


def enter(*, read: list[str], write: str, own_user: bool) -> None:
    """Leave for new namespaces; return in a child that is process 1 there, while this process waits for it.

    Raises OSError when the kernel does not allow it.
    """
    uid, gid = os.getuid(), os.getgid()
    _unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | own_user * CLONE_NEWUSER)
    if own_user:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
    _build(read, write)
    child = os.fork()
    if child:
        outlive(child)


def _build(read: list[str], write: str) -> None:
    """Make a root directory in memory that holds the named paths only, and move into it."""
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    _mount("tmpfs", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    for name in ("new", "old"):
        os.mkdir(f"{STAGE}/{name}")
    _pivot(STAGE, f"{STAGE}/old")
    os.chdir("/")
    _mount("/new", "/new", None, MS_BIND | MS_REC)
    for path in [*read, *DEVICES]:
        _show(path, writable=path in DEVICES)
    _show(write, writable=True)
    os.chdir("/new")
    _pivot(".", ".")
    _check(_libc.umount2(b".", MNT_DETACH), "old root")
    os.chdir("/")
    _mount(None, "/", None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _show(path: str, *, writable: bool) -> None:
    source, target = "/old" + path, "/new" + path
    if os.path.exists(target) or not os.path.lexists(source):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    if os.path.isdir(source):
        os.mkdir(target)
    else:
        _write(target, "")
    _mount(source, target, None, MS_BIND | MS_REC)
    if not writable:
        _read_only(target)


def _read_only(path: str) -> None:
    attributes = (ctypes.c_uint64 * 4)(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    code = _libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE, ctypes.byref(attributes), size)
    _check(code, f"read-only {path}")


def outlive(child: int, usage: int = -1) -> None:
    """Wait for a child, write its processor seconds to `usage` if that is a descriptor, and end as it ended."""
    os.closerange(3, usage if usage >= 0 else 256)
    _, status, used = os.wait4(child, 0)
    if usage >= 0:
        os.write(usage, str(used.ru_utime + used.ru_stime).encode())
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(fd, text.encode())
    os.close(fd)


def _unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "namespaces")


def _pivot(new: str, old: str) -> None:
    number = SYS_PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError("namespaces: processor unknown")
    _check(_libc.syscall(number, new.encode(), old.encode()), "pivot_root")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    encoded = [part.encode() if part else None for part in (source, target, kind)]
    code = _libc.mount(*encoded, ctypes.c_ulong(flags), data.encode() or None)
    _check(code, f"mount {target}")


def _check(code: int, what: str) -> None:
    if code:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
