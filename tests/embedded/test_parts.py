"""The parts below `efir up`, one by one."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from efir import VERSION
from efir.adapters.embedded import postgres
from efir.adapters.embedded.daemon import Daemon, StartFailed
from efir.adapters.embedded.lock import DirectoryInUse, DirectoryLock
from efir.adapters.embedded.logs import Lines, LogFile
from efir.adapters.embedded.programs import Program
from efir.adapters.embedded.sockets import existing_socket_directory, remove_sockets, socket_directory
from efir.adapters.embedded.supervisor import Supervisor
from efir.adapters.embedded.wire import ServerRefused, postgres_execute
from efir.bootstrap.processes.revisions import find_newest_revisions
from efir.drivers.cli.up import display_address, worth_showing
from embedded.conftest import PATIENCE, living
from kit.servers import start_postgres, start_valkey

SLEEPER = (sys.executable, "-c", "import time; time.sleep(1000)")


def python(code: str, *, name: str = "child", cwd: Path = Path("/")) -> Program:
    return Program(name=name, argv=(sys.executable, "-c", code), cwd=cwd, environ=dict(os.environ))


async def ready() -> bool:
    return True


async def never() -> bool:
    return False


def test_a_log_file_is_bounded(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "api.log", max_bytes=1000)
    for number in range(1000):
        log.write(f"line {number}".encode())
    log.close()
    files = sorted((tmp_path / "logs").iterdir())
    assert [file.name for file in files] == ["api.log", "api.log.1", "api.log.2"]
    assert all(file.stat().st_size < 1100 for file in files)
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    together = "".join(file.read_text() for file in reversed(files)).splitlines()
    assert together == [f"line {number}" for number in range(1000 - len(together), 1000)]


def test_output_is_cut_into_lines_wherever_it_breaks(tmp_path: Path) -> None:
    heard: list[str] = []
    lines = Lines(LogFile(tmp_path / "log"), heard.append)
    for part in (b"one\ntw", b"o\n", b"\xff\n", b"x" * 100_000, b"\nlast"):
        lines.feed(part)
    lines.finish()
    assert heard == ["one", "two", "\N{REPLACEMENT CHARACTER}", "x" * 100_000, "", "last"]
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n\xff\n" + b"x" * 100_000 + b"\n\nlast\n"


def test_a_lock_waits_for_a_holder_that_is_stopping(tmp_path: Path) -> None:
    first, second = DirectoryLock(tmp_path), DirectoryLock(tmp_path)
    first.take(patience=0, waiting=lambda: None)
    with pytest.raises(DirectoryInUse, match=f"process {os.getpid()}"):
        second.take(patience=60, waiting=lambda: None)
    first.note_stopping()
    second.take(patience=60, waiting=first.release)
    second.release()


def test_the_socket_directory_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 90)
    long.mkdir()
    expected = socket_directory(long, None)
    remove_sockets(long)
    expected.mkdir(mode=0o755)  # as another user might, to read along
    try:
        chosen = socket_directory(long, None)
        assert chosen != expected
        assert chosen.stat().st_mode & 0o777 == 0o700
        assert existing_socket_directory(long) == chosen
        remove_sockets(long)
        assert not chosen.exists()
    finally:
        expected.rmdir()


def test_addresses_are_shown_as_they_can_be_opened() -> None:
    assert display_address("127.0.0.1", 8000) == "http://127.0.0.1:8000"
    assert display_address("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert display_address("::", 80) == "http://[::1]:80"
    assert display_address("fe80::1", 80) == "http://[fe80::1]:80"
    assert display_address("example.org", 80) == "http://example.org:80"


def test_only_trouble_is_shown_unasked() -> None:
    assert worth_showing("Traceback (most recent call last):")
    assert worth_showing('{"level": "error", "event": "x"}')
    assert worth_showing("{broken")
    assert not worth_showing('{"level": "info", "event": "x"}')
    assert not worth_showing("")


async def supervised(tmp_path: Path, service: Daemon, until: float = PATIENCE) -> list[str]:
    said: list[str] = []
    async with asyncio.timeout(until), Supervisor(logs=tmp_path / "logs", report=said.append) as supervisor:
        await supervisor.start(service)
    return said


async def test_a_child_that_never_becomes_ready_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    service = Daemon(program=python("print('no such file'); raise SystemExit(7)"), ready=never, stage=0)
    with pytest.raises(StartFailed, match="child ended with exit code 7: no such file") as failure:
        await supervised(tmp_path, service)
    assert failure.value.code == 7


async def test_a_child_with_wrong_settings_is_not_tried_again(tmp_path: Path) -> None:
    count = tmp_path / "count"
    code = f"open({str(count)!r}, 'a').write('.'); raise SystemExit(3)"
    with pytest.raises(StartFailed):
        await supervised(tmp_path, Daemon(program=python(code), ready=never, stage=0))
    assert count.read_text() == "."


async def test_a_child_that_does_not_get_ready_in_time_is_killed(tmp_path: Path) -> None:
    service = Daemon(program=python("import time; time.sleep(1000)"), ready=never, stage=0, start_seconds=0.2, tries=1)
    with pytest.raises(StartFailed, match="ended by SIGKILL"):
        await supervised(tmp_path, service)


async def test_a_program_that_is_missing_is_told(tmp_path: Path) -> None:
    missing = Program(name="child", argv=("/nonexistent",), cwd=tmp_path)
    with pytest.raises(StartFailed, match="No such file"):
        await supervised(tmp_path, Daemon(program=missing, ready=ready, stage=0, tries=1))


async def test_a_child_that_ignores_the_request_is_killed_in_time(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(1000)"
    log = tmp_path / "logs" / "child.log"

    async def deaf() -> bool:
        return "deaf" in log.read_text()

    program = Program(
        name="child", argv=(sys.executable, "-c", code), cwd=tmp_path, environ=dict(os.environ), stop_seconds=0.2
    )
    said = await supervised(tmp_path, Daemon(program=program, ready=deaf, stage=0))
    assert said == ["child: did not stop in time and was killed"]


async def test_children_of_children_end_whatever_session_they_are_in(tmp_path: Path) -> None:
    orphan = f"import subprocess; subprocess.Popen({SLEEPER!r}, start_new_session=True)"
    code = (
        "import subprocess, sys, time\n"
        f"for new in (False, True): subprocess.Popen({SLEEPER!r}, start_new_session=new)\n"
        f"subprocess.run([sys.executable, '-c', {orphan!r}], check=True)\n"
        "print('all there', flush=True)\n"
        "time.sleep(1000)"
    )
    log = tmp_path / "logs" / "child.log"

    async def complete() -> bool:
        return "all there" in log.read_text()

    mark = os.urandom(8).hex()
    program = Program(
        name="child", argv=(sys.executable, "-c", code), cwd=tmp_path, environ={**os.environ, "MARK": mark}
    )
    async with Supervisor(logs=tmp_path / "logs", report=print) as supervisor:
        await supervisor.start(Daemon(program=program, ready=complete, stage=0))
        assert len(living(mark, tmp_path)) == 4
    assert living(mark, tmp_path) == {}


async def test_a_failing_step_is_told(tmp_path: Path) -> None:
    async with Supervisor(logs=tmp_path / "logs", report=print) as supervisor:
        await supervisor.run(python("print('fine')", name="step"))
        with pytest.raises(StartFailed, match="step ended with exit code 1: column missing"):
            await supervisor.run(python("raise SystemExit('column missing')", name="step"))


async def test_output_of_a_child_that_floods_does_not_block_it(tmp_path: Path) -> None:
    async with Supervisor(logs=tmp_path / "logs", report=print) as supervisor:
        flood = python("for _ in range(250_000): print('y' * 79)")
        await asyncio.wait_for(supervisor.run(flood), PATIENCE)
    assert 10 << 20 < sum(file.stat().st_size for file in (tmp_path / "logs").iterdir()) <= 16 << 20


@pytest.mark.parametrize("user", [None, 65_534])
def test_a_child_dies_with_a_parent_that_is_killed(user: int | None, tmp_path: Path) -> None:
    if user is not None and os.geteuid() != 0:
        user = os.geteuid()
    code = (
        "import os, signal, sys, time; from pathlib import Path\n"
        "from efir.adapters.embedded.programs import Program, spawn\n"
        "from efir.adapters.embedded.accounts import Account\n"
        f"account = None if {user!r} in (None, os.geteuid()) else Account('nobody', {user!r}, {user!r})\n"
        "child = spawn(Program(name='x', argv=('/bin/sleep', '1000'), cwd=Path('/'), account=account))\n"
        "print(child.pid, flush=True); time.sleep(1000)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert Path(f"/proc/{child}").exists()
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{child}").exists() and b"Z" not in Path(f"/proc/{child}/stat").read_bytes().split()[2:3]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_servers_for_tests_start_twice_and_leave_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        database, cache = start_postgres(tmp_path), start_valkey(tmp_path)
        assert (
            postgres_execute(database.sockets, "efir", "select count(*) from pg_class where relname = 'kept'") in "01"
        )
        postgres_execute(database.sockets, "efir", "create table if not exists kept ()")
        with pytest.raises(ServerRefused) as refusal:
            postgres_execute(database.sockets, "efir", "select 1/0")
        assert refusal.value.code == "22012"
        assert postgres_execute(database.sockets, "efir", "select null") is None
        assert not postgres.is_ready(cache.sockets)
        database.stop()
        cache.stop()
        assert not database.sockets.exists()
        assert not Path(f"/proc/{database.pid}").exists()
        assert not Path(f"/proc/{cache.pid}").exists()


def test_servers_for_tests_end_with_a_killed_test_run(tmp_path: Path) -> None:
    code = "import sys, time; sys.path.insert(0, sys.argv[1]); from kit import servers; from pathlib import Path\n"
    code += "s = servers.start_valkey(Path(sys.argv[2]))\n"
    code += "print(s.pid, s.guard.pid, s.sockets, flush=True); time.sleep(1000)"
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(Path(__file__).parents[1]), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    server, guard, sockets = run.stdout.readline().split()
    run.send_signal(signal.SIGKILL)
    run.communicate()
    deadline = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in (server, guard)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not Path(sockets).exists()


def test_a_full_disk_loses_lines_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = LogFile(tmp_path / "log", max_bytes=10)
    real = os.open

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    log.write(b"the line that fills the file")
    log.write(b"lost")
    monkeypatch.setattr(os, "open", real)
    log.write(b"kept")
    log.close()
    assert (tmp_path / "log").read_text() == "kept\n"


def test_the_version_is_told_once() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


def test_the_newest_revision_is_found_without_alembic() -> None:
    from efir.adapters.postgres.migrate import find_newest_revision

    assert find_newest_revisions() == {find_newest_revision()}
