"""Kernel filters for a process of our own: Landlock (which files) and seccomp (which system calls)."""

import ctypes
import os
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
KILL, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x50000
EPERM, ENOSYS = 1, 38
X32 = 0x40000000
LOAD, EQUAL, GREATER_OR_EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
AT_NUMBER, AT_ARCHITECTURE, AT_FIRST_ARGUMENT = 0, 4, 16
NAMESPACE_FLAGS = 0x7E020000
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
DENIED = {
    "x86_64": {
        "socket": 41, "connect": 42, "socketpair": 53, "bind": 49, "listen": 50, "ptrace": 101, "pivot_root": 155,
        "mount": 165, "umount2": 166, "unshare": 272, "setns": 308, "add_key": 248, "request_key": 249, "keyctl": 250,
        "perf_event_open": 298, "process_vm_readv": 310, "process_vm_writev": 311, "bpf": 321, "userfaultfd": 323,
        "io_uring_setup": 425, "pidfd_getfd": 438, "mount_setattr": 442, "kexec_load": 246, "init_module": 175,
    },
    "aarch64": {
        "socket": 198, "connect": 203, "socketpair": 199, "bind": 200, "listen": 201, "ptrace": 117, "pivot_root": 41,
        "mount": 40, "umount2": 39, "unshare": 97, "setns": 268, "add_key": 217, "request_key": 218, "keyctl": 219,
        "perf_event_open": 241, "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280, "userfaultfd": 282,
        "io_uring_setup": 425, "pidfd_getfd": 438, "mount_setattr": 442, "kexec_load": 104, "init_module": 105,
    },
}  # fmt: skip
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE
ALL_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF}
TRUNCATE = 0x4000
NEWEST = 3

_libc = ctypes.CDLL(None, use_errno=True)


def no_new_privileges() -> None:
    """No program started from here gains rights. Raises OSError."""
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def seccomp() -> None:
    """Refuse sockets and the calls that reach other processes, mounts or the kernel. Raises OSError."""
    machine = os.uname().machine
    if machine not in ARCHITECTURES:
        raise OSError("seccomp: processor unknown")
    steps = [(LOAD, 0, 0, AT_ARCHITECTURE), (EQUAL, 1, 0, ARCHITECTURES[machine]), (RETURN, 0, 0, KILL)]
    steps += [(LOAD, 0, 0, AT_NUMBER), (GREATER_OR_EQUAL, 0, 1, X32), (RETURN, 0, 0, ERRNO | ENOSYS)]
    for number in sorted(DENIED[machine].values()):
        steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | EPERM)]
    steps += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ERRNO | ENOSYS)]  # its flags are in memory; libc then uses clone
    steps += [(EQUAL, 0, 3, CLONE[machine]), (LOAD, 0, 0, AT_FIRST_ARGUMENT)]
    steps += [(ANY_BIT, 0, 1, NAMESPACE_FLAGS), (RETURN, 0, 0, ERRNO | EPERM), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    _check(_libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0), "seccomp")


def landlock(*, read: list[str], write: str) -> None:
    """Close every file but the named ones: `read` to be read and run, `write` for everything.

    A kernel without Landlock changes nothing; the trial in sandbox.py tells. Raises OSError.
    """
    version = _libc.syscall(LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return
    rights = ALL_RIGHTS[min(version, NEWEST)]
    wanted = ctypes.c_uint64(rights)
    ruleset = _libc.syscall(LANDLOCK_CREATE, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
    _check(min(ruleset, 0), "landlock")
    for path in read:
        _allow(ruleset, path, EXECUTE | READ_FILE | READ_DIR)
    for path in ("/dev/null", "/dev/zero"):
        _allow(ruleset, path, READ_FILE | WRITE_FILE | rights & TRUNCATE)
    for path in ("/dev/urandom", "/dev/random"):
        _allow(ruleset, path, READ_FILE)
    _allow(ruleset, write, rights)
    _check(_libc.syscall(LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    if not os.path.exists(path):
        return
    if not os.path.isdir(path):
        rights &= FILE_RIGHTS | TRUNCATE
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, fd)
        _check(_libc.syscall(LANDLOCK_ADD, ruleset, LANDLOCK_PATH_BENEATH, rule, 0), f"landlock {path}")
    finally:
        os.close(fd)


def _check(code: int, what: str) -> None:
    if code:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
