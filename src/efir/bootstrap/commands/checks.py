"""The checks of `efir doctor`: each examines one thing and says how to fix it."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from efir.adapters.embedded.accounts import can_reach, server_account
from efir.adapters.embedded.binaries import BinariesMissing, find_binaries
from efir.adapters.media.confinement.sandbox import detect
from efir.bootstrap.processes.port_check import check_port
from efir.bootstrap.startup.settings_loading import SECRET
from efir.drivers.cli.doctor import Finding
from efir.drivers.cli.failures import CommandFailed
from efir.settings import Settings

OLDEST_PYTHON = (3, 11)
GIB = 1 << 30
DISK_LOW, DISK_WARNING = 1 * GIB, 5 * GIB
ENCODERS = ("libx264", "aac", "libmp3lame", "libvpx-vp9", "libopus")
REINSTALL = "install Efir again with its dependencies"
PATIENCE = 20


def python() -> Finding:
    """Check the interpreter."""
    detail = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", "problem", detail, "use Python 3.11 or newer")
    return Finding("python", "ok", detail)


def postgres_program(settings: Settings) -> Finding:
    """Check the program of the embedded PostgreSQL, unless a database is configured."""
    if settings.database.url:
        return Finding("postgres", "ok", "not needed: EFIR_DATABASE__URL names a server")
    return _server("postgres", "EFIR_DATABASE__URL", "postgres")


def valkey_program(settings: Settings) -> Finding:
    """Check the program of the embedded Valkey, unless a cache is configured."""
    if settings.redis.url:
        return Finding("valkey", "ok", "not needed: EFIR_REDIS__URL names a server")
    return _server("valkey", "EFIR_REDIS__URL", "valkey")


def _server(check: str, setting: str, which: str) -> Finding:
    try:
        found = find_binaries()
    except BinariesMissing as error:
        return Finding(check, "problem", str(error), f"{REINSTALL}, or set {setting}")
    program = found.postgres / "postgres" if which == "postgres" else found.valkey
    said = _read_banner(str(program), "--version")
    if said is None:
        return Finding(check, "problem", f"{program} does not run", f"{REINSTALL}, or set {setting}")
    return Finding(check, "ok", f"{said.splitlines()[0]} ({program})")


def ffmpeg(settings: Settings) -> Finding:
    """Check ffmpeg and the encoders that video needs."""
    program = settings.media.ffmpeg or wheel_ffmpeg()
    step = REINSTALL if not settings.media.ffmpeg else "correct EFIR_MEDIA__FFMPEG"
    said = _read_banner(program, "-encoders") if program else None
    if not program or said is None:
        return Finding("ffmpeg", "problem", f"{program or 'the ffmpeg of the wheel'} does not run", step)
    known = {line.split()[1] for line in said.splitlines() if len(line.split()) > 1}
    missing = [name for name in ENCODERS if name not in known]
    version = said.splitlines()[0].partition(" Copyright")[0]
    if missing:
        return Finding("ffmpeg", "problem", f"{version} lacks {', '.join(missing)}", step)
    return Finding("ffmpeg", "ok", f"{version} ({program})")


def wheel_ffmpeg() -> str:
    """Return the path of the ffmpeg that is installed with Efir; empty when there is none."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return ""


def libraries() -> list[Finding]:
    """Check PyAV, which probes media, and libvips, which converts pictures; a child loads them, as in the service."""
    return [
        _library("pyav", "av", "import av; print(av.__version__)"),
        _library("libvips", "pyvips", "import pyvips; print('.'.join(str(pyvips.version(n)) for n in range(3)))"),
    ]


def _library(check: str, package: str, code: str) -> Finding:
    said = _read_banner(sys.executable, "-c", code)
    if said is None:
        return Finding(check, "problem", f"the package {package} cannot be loaded", REINSTALL)
    return Finding(check, "ok", f"{said.strip()} (package {package} {importlib.metadata.version(package)})")


def sandbox(settings: Settings) -> Finding:
    """Check the sandbox of untrusted media, by trying to break out of it."""
    box = detect(settings.media.sandbox, ffmpeg=settings.media.ffmpeg or None)
    if box.name == "off":
        return Finding("sandbox", "warning", box.reason, "set EFIR_MEDIA__SANDBOX to auto")
    if box.name == "none":
        return Finding("sandbox", "problem", box.reason, "install bubblewrap, or allow unprivileged user namespaces")
    return Finding("sandbox", "ok", box.reason)


def disk(settings: Settings) -> Finding:
    """Check the free space for uploads and the database."""
    place = _existing(settings.home)
    usage = shutil.disk_usage(place)
    detail = f"{usage.free / GIB:.1f} GiB free of {usage.total / GIB:.1f} at {place}"
    if usage.free < DISK_LOW:
        return Finding("disk", "problem", detail, "free some space or choose another --data-dir")
    if usage.free < DISK_WARNING:
        return Finding("disk", "warning", detail, "free some space soon")
    return Finding("disk", "ok", detail)


def data_dir(settings: Settings) -> Finding:
    """Check that the data directory is Efir's, private and accessible."""
    home = settings.home
    if not home.exists():
        return _future_data_dir(home)
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            "data", "problem", f"{home} belongs to another user", "run as that user or choose another --data-dir"
        )
    secret = home / SECRET
    if secret.exists() and not os.access(secret, os.R_OK):
        return Finding(
            "data", "problem", f"{secret} belongs to another user", "run as the user that ran `efir up` before"
        )
    account = server_account(home)
    if account is not None and not can_reach(account, home):
        detail = f"{home} is out of reach for the user {account.name}: the API and the workers stay root"
        return Finding("data", "warning", detail, "choose a --data-dir outside of a private home")
    if home.stat().st_mode & 0o077:
        return Finding("data", "warning", f"{home} is open to other users", f"chmod 700 {home}")
    return Finding("data", "ok", str(home))


def _future_data_dir(home: Path) -> Finding:
    parent = _existing(home)
    if os.access(parent, os.W_OK | os.X_OK):
        return Finding("data", "ok", f"{home} is not there yet; `efir up` makes it")
    return Finding("data", "problem", f"{parent} may not be written to", "choose another --data-dir")


def port(settings: Settings, *, answers: bool) -> Finding:
    """Check that the port is free, or that Efir listens there."""
    where = f"{settings.host}:{settings.port}"
    if answers:
        return Finding("port", "ok", f"Efir answers at {where}")
    try:
        check_port(settings.host, settings.port)
    except CommandFailed as error:
        cause, _, step = str(error).partition("; ")
        return Finding("port", "problem", cause, step)
    return Finding("port", "ok", f"{where} is free")


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _read_banner(*words: str) -> str | None:
    """Run a program; return its output, which starts with its banner, or None when it failed."""
    try:
        ran = subprocess.run(
            words, check=False, capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stderr + ran.stdout if ran.returncode == 0 else None
