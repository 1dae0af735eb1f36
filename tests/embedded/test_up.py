import os
import signal
import socket
import time
from pathlib import Path

import pytest

from embedded.conftest import Up


def test_a_start_a_stop_and_a_second_start(fresh: Up) -> None:
    fresh.ready()
    assert fresh.noted()[0] == "migrated, database answers"
    fresh.until(lambda: sum("started" in line for line in fresh.noted()) == 3)
    secret = (fresh.home / "secret").read_text()
    assert len(bytes.fromhex(secret)) == 32
    assert (fresh.home / "secret").stat().st_mode & 0o777 == 0o600
    assert fresh.stop() == 0
    assert fresh.processes() == {}
    assert not os.path.lexists(fresh.home / "run")
    stopped = [line for line in fresh.noted() if "stopped" in line]
    assert stopped[0] == "api stopped, database answers"
    assert sorted(stopped[1:]) == ["fast,mail stopped, database answers", "media stopped, database answers"]
    fresh.ready()
    assert (fresh.home / "secret").read_text() == secret
    assert not fresh.said("being made")
    assert fresh.stop(signal.SIGINT) == 130
    assert fresh.processes() == {}


@pytest.mark.slow
def test_killed_children_are_started_again(up: Up) -> None:
    up.ready()
    up.until(lambda: sum("started" in line for line in up.noted()) == 3)
    encoder = next(int(line.split()[1]) for line in up.noted() if line.startswith("encoder"))
    killed = [up.pid(f"stand_in.py {words}") for words in ("api", "worker --queues media", "worker --queues fast")]
    killed += [up.pid("bin/postgres -D"), up.pid("valkey-server")]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    up.until(lambda: sum("started" in line for line in up.noted()) == 6)
    assert encoder not in up.processes()
    assert not set(killed) & set(up.processes())
    up.until(lambda: up.said("postgres: ended by SIGKILL, starts again in 0.25 s"))
    up.until(lambda: any("bin/postgres -D" in line for line in up.processes().values()))
    assert up.stop() == 0
    assert up.processes() == {}


@pytest.mark.slow
@pytest.mark.parametrize("victims", ["guard", "supervisor", "both"])
def test_kill_9_leaves_no_process_and_the_next_start_recovers(up: Up, victims: str) -> None:
    first = up.ready().process
    assert first is not None
    pids = {"guard": [first.pid], "supervisor": [up.supervisor()], "both": [first.pid, up.supervisor()]}[victims]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    up.ready()
    assert time.monotonic() - began < 8
    first.wait()
    assert up.stop() == 0
    assert up.processes() == {}


def test_a_taken_port_is_told_before_anything_starts(fresh: Up) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh.port))
        other.listen()
        assert fresh.run().wait() == 4
    assert fresh.said(f"efir: port {fresh.port} is taken by another program; stop it or use --port ")
    assert not (fresh.home / "postgres").exists()


def test_a_second_start_on_one_directory_is_refused(up: Up, tmp_path: Path) -> None:
    up.ready()
    second = Up(up.home)
    second.log = tmp_path / "second"
    assert second.run().wait() == 4
    assert second.said(f"efir: {up.home} is in use by another `efir up` (process ")
    assert second.said("; stop it or choose another with --data-dir\n")
    assert up.stop() == 0


@pytest.mark.slow
def test_lock_files_of_a_power_cut_that_name_a_living_process_do_not_stop_a_start(up: Up) -> None:
    up.ready()
    os.killpg(up.pid("bin/postgres -D"), signal.SIGSTOP)  # it cannot remove its files
    supervisor, guard = up.supervisor(), up.process
    assert guard is not None
    kept = (up.home / "postgres" / "postmaster.pid").read_text().splitlines()
    for pid in (guard.pid, supervisor):
        os.kill(pid, signal.SIGKILL)
    guard.wait()
    up.until(up.gone)
    kept[0] = str(os.getpid())
    (up.home / "postgres" / "postmaster.pid").write_text("\n".join(kept) + "\n")
    up.ready()
    assert up.stop() == 0


@pytest.mark.slow
def test_an_interrupted_first_start_begins_anew(fresh: Up) -> None:
    half = fresh.home / "postgres.new-interrupted"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    fresh.ready()
    assert not half.exists()
    assert fresh.stop() == 0


@pytest.mark.slow
def test_a_broken_cache_file_is_put_away(up: Up) -> None:
    up.ready()
    assert up.stop() == 0
    for part in (up.home / "valkey" / "appendonlydir").glob("*.rdb"):
        part.write_bytes(b"REDIS0080" + b"\xff" * 200)
    up.ready()
    assert up.said("its file is broken and was put away as")
    assert up.stop() == 0


def test_a_long_data_directory_gets_short_sockets(tmp_path: Path) -> None:
    long = tmp_path / ("deep" * 30)
    up = Up(long / "data")
    long.mkdir()
    try:
        up.ready()
        sockets = (up.home / "run").readlink()
        assert len(os.fsencode(sockets)) < 80
        assert up.stop() == 0
        assert not sockets.exists()
    finally:
        up.clean()


@pytest.mark.slow
def test_a_second_request_to_stop_hurries(up: Up) -> None:
    up.ready()
    os.kill(up.pid("stand_in.py api"), signal.SIGSTOP)
    assert up.process is not None
    up.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    began = time.monotonic()
    assert up.stop() == 0
    assert time.monotonic() - began < 6
    assert up.said("api: did not stop in time and was killed")
    assert up.processes() == {}


@pytest.mark.slow
def test_servers_named_in_the_settings_are_not_started(up: Up, tmp_path: Path) -> None:
    up.ready()
    other = Up(tmp_path / "other")
    try:
        other.ready(
            EFIR_DATABASE__URL=f"postgresql://efir@/efir?host={up.home / 'run'}",
            EFIR_REDIS__URL=f"unix://{up.home / 'run' / 'valkey.sock'}",
        )
        assert not any("bin/postgres" in line or "valkey-server" in line for line in other.processes().values())
        assert other.stop() == 0
    finally:
        other.clean()
    assert up.stop() == 0


def test_a_wrong_setting_is_one_line_and_exit_code_3(fresh: Up) -> None:
    assert fresh.run(EFIR_DATABASE__URI="x").wait() == 3
    assert fresh.log.read_text().startswith("efir: Object contains unknown field `uri` - at `$.database`")
    assert len(fresh.log.read_text().splitlines()) == 1


def test_port_numbers_are_checked(fresh: Up) -> None:
    assert fresh.run("--port", "70000").wait() == 2
    assert fresh.said("a port is a number from 1 to 65535")
