"""Which walls stand around media programs on this machine: found out once by trying to break them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from efir.adapters.media.confinement.trial import BROKEN
from efir.domain.processing.source_facts import SandboxUnavailable

FOREIGN_UID = 61_743
"""Owner of nothing, below the ranges given out by systems; used instead of root."""
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
LIBRARIES = ("av", "pydub", "pyvips", "cffi", "msgspec", "imageio_ffmpeg")
TRIAL_SECONDS = 20
PYTHON = (str(Path(sys.executable).resolve()), "-s", "-S", "-P", "-B")
START = (*PYTHON, "-c", "from efir.adapters.media.confinement.confine import main; main()")
WORDS = {
    "bwrap": "bubblewrap: no network, own files only",
    "namespaces": "built-in namespaces: no network, own files only",
    "filters": "system call filter: no network",
    "off": "switched off by EFIR_MEDIA_SANDBOX=off: media programs run with all rights of this service",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one child may use: bytes, processor seconds, counts."""

    memory: int = 4 << 30
    cpu: int = 24 * 3600
    file: int = 64 << 30
    files: int = 256
    processes: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A found level: `name` is bwrap, namespaces, filters, off or none; `reason` says what that means."""

    name: str
    reason: str
    uid: int | None = None
    bwrap: str = ""
    read: tuple[str, ...] = ()

    def command(
        self,
        argv: Sequence[str],
        *,
        work: Path,
        limits: Limits,
        inputs: Sequence[int] = (),
        usage: int | None = None,
        nice: int = 10,
    ) -> list[str]:
        """Full command line that runs `argv` inside; `inputs` are open files that it finds as 3, 4, ….

        Where the system would not tell, the processor seconds used are written to the descriptor `usage`.
        Raises SandboxUnavailable.
        """
        if self.name == "none":
            raise SandboxUnavailable(self.reason)
        told = (f"usage={usage}",) if self.bwrap and usage is not None else ()
        inner = [*START, *self._order(work, limits, inputs, nice), *told, "--", *argv]
        return [*self._bwrap(work), *inner] if self.bwrap else inner

    def _order(self, work: Path, limits: Limits, inputs: Sequence[int], nice: int) -> Iterator[str]:
        yield from (f"level={self.name}", f"work={work}", f"nice={nice}")
        yield from (() if self.uid is None else (f"uid={self.uid}",))
        yield from (f"{name}={getattr(limits, name)}" for name in ("memory", "cpu", "file", "files", "processes"))
        yield from (f"read={path}" for path in self.read)
        yield from (f"input={fd}" for fd in inputs)
        yield from (f"set={name}={value}" for name, value in environment(work).items())

    def _bwrap(self, work: Path) -> Iterator[str]:
        yield self.bwrap
        yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
        yield from ("--die-with-parent", "--cap-drop", "ALL", "--dev", "/dev")
        yield from (("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID") if self.uid is not None else ())
        yield from (("--unshare-user",) if os.getuid() else ())
        for folder in _parents([*self.read, str(work)]) if self.uid is not None else ():
            yield from ("--perms", "0755", "--dir", folder)  # otherwise they are open to root only
        for path in self.read:
            if Path(path).is_symlink():
                yield from ("--symlink", str(Path(path).readlink()), path)
            else:
                yield from ("--ro-bind", path, path)
        yield from ("--bind", str(work), str(work), "--")


def detect(setting: str = "auto", *, ffmpeg: str | None = None, scratch: Path | None = None) -> Sandbox:
    """Find the strongest level that works for work below `scratch`; `off` asks for none at all.

    Each candidate is tried for real: a child must fail to connect and to read a file outside, and manage to write.
    """
    if setting == "off":
        return Sandbox(name="off", reason=WORDS["off"])
    failures = []
    for candidate in candidates(paths(ffmpeg)):
        failure = try_sandbox(candidate, scratch)
        if failure is None:
            return candidate
        if "files outside can be read" in failure and candidate.name == "filters":
            return replace(candidate, reason=f"{candidate.reason}; the kernel lacks Landlock, so files are not hidden")
        failures.append(f"{candidate.name}: {failure}")
    return Sandbox(
        name="none", reason="no way to cut media programs off the network works here: " + "; ".join(failures)
    )


def candidates(read: tuple[str, ...]) -> Iterator[Sandbox]:
    """Levels from the strongest on; as root a child also changes to a user that owns nothing, where it can."""
    users = (FOREIGN_UID, None) if os.getuid() == 0 else (None,)
    bwrap = shutil.which("bwrap")
    for name in ("bwrap", "namespaces", "filters"):
        if sys.platform != "linux" or (name == "bwrap" and not bwrap):
            continue
        for uid in users:
            reason = WORDS[name] + ("" if os.getuid() or uid else "; as root, because another user cannot run here")
            yield Sandbox(name=name, reason=reason, uid=uid, bwrap=bwrap or "" if name == "bwrap" else "", read=read)


def try_sandbox(sandbox: Sandbox, scratch: Path | None = None) -> str | None:
    """Run the trial of `trial.py` inside; None when the walls hold, else what went wrong."""
    with (
        tempfile.TemporaryDirectory(prefix="efir-trial-", dir=scratch) as folder,
        socket.create_server(("127.0.0.1", 0)) as port,
    ):
        canary, work = Path(folder, "canary"), Path(folder, "work")
        canary.write_text("outside")
        work.mkdir(mode=0o700)
        if sandbox.uid is not None:
            os.chown(work, sandbox.uid, sandbox.uid)
        facts = json.dumps({"port": port.getsockname()[1], "canary": str(canary), "files": _must_read(sandbox.read)})
        argv = [*python(), "efir.adapters.media.confinement.trial", facts]
        return _outcome(sandbox.command(argv, work=work, limits=Limits(), nice=0), environment(work))


def paths(ffmpeg: str | None) -> tuple[str, ...]:
    """Name what media programs need to read: the system's programs, this Python with its packages, Efir, ffmpeg."""
    wanted = [*SYSTEM, *SYSTEM_FILES, sys.base_prefix, sysconfig.get_path("stdlib"), *_packages()]
    wanted.append(str(Path(ffmpeg).resolve().parent) if ffmpeg else "/usr")
    found: list[Path] = []
    for path in (Path(path).absolute() for path in wanted):
        covered = any(path.is_relative_to(other) for other in found if not other.is_symlink())
        if path.exists() and not covered:
            found.append(path)
    return tuple(str(path) for path in found)


def python() -> list[str]:
    """Run a module with this Python, without site files, and never with code from the working directory."""
    return [*PYTHON, "-m"]


def environment(work: Path) -> dict[str, str]:
    """The environment of a media program."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work),
        "TMPDIR": str(work),
        "PYTHONPATH": os.pathsep.join(_packages()),
        "VIPS_BLOCK_UNTRUSTED": "1",
        "VIPS_CONCURRENCY": "1",
    }


@cache
def _packages() -> tuple[str, ...]:
    """Look for them once: this is asked on the event loop, twice for each child."""
    folders = [str(Path(__file__).parents[4])]
    for name in LIBRARIES:
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            folders.append(str(Path(spec.origin).parents[1] if spec.submodule_search_locations else Path(spec.origin)))
    return tuple(dict.fromkeys(folders))


def _parents(paths: list[str]) -> list[str]:
    return sorted({str(parent) for path in paths for parent in Path(path).parents} - {"/"})


def _must_read(read: tuple[str, ...]) -> list[str]:
    return [path for path in read if Path(path).is_dir() and not path.startswith("/usr")]


def _outcome(command: list[str], variables: dict[str, str]) -> str | None:
    lifeline, held = os.pipe()
    try:
        done = subprocess.run(
            command, env=variables, stdin=lifeline, capture_output=True, timeout=TRIAL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        os.close(lifeline)
        os.close(held)
    if done.returncode == 0:
        return None
    said = done.stdout if done.returncode == BROKEN else done.stderr
    return said.decode(errors="replace").strip()[-300:] or f"exit code {done.returncode}"
