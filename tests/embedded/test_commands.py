"""The commands beside `efir up`, as processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from efir.adapters.embedded.sockets import existing_socket_directory
from efir.adapters.embedded.wire import postgres_execute
from efir.bootstrap.commands.doctor import cache, database
from efir.settings import load_from_environment
from embedded.conftest import SOURCES, Up, free_port

COMMANDS = ("up", "api", "worker", "migrate", "alive", "doctor", "admin", "auth", "config", "upload", "demo")


def efir(*words: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
    return subprocess.run(
        [sys.executable, "-m", "efir", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=cwd or "/",
        env={**own, "PYTHONPATH": str(SOURCES), **environ},
    )


def test_help_lists_every_command_and_loads_none() -> None:
    told = efir("--help")
    assert told.returncode == 0
    assert all(f"\n  {command} " in told.stdout for command in COMMANDS)
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "efir", "--help"],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(SOURCES)}, cwd="/",
    ).stderr  # fmt: skip
    assert not [
        line for line in loaded.splitlines() if line.endswith((" msgspec", " asyncio", " argparse", " litestar"))
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    told = efir(command, "--help")
    assert told.returncode == 0
    assert f"usage: efir {command} " in told.stdout
    assert "example:" in told.stdout


def test_an_unknown_command_is_usage() -> None:
    told = efir("fly")
    assert told.returncode == 2
    assert told.stderr == "efir: there is no command 'fly'; `efir --help` lists them\n"
    assert efir().returncode == 2


@pytest.mark.parametrize("command", [("api",), ("worker", "--queues", "fast"), ("migrate",)])
def test_a_process_alone_needs_a_running_server(command: tuple[str, ...], tmp_path: Path) -> None:
    told = efir(*command, "--data-dir", str(tmp_path / "none"))
    assert told.returncode == 4
    assert told.stderr.startswith(f"efir: no database runs in {tmp_path / 'none'}; start `efir up --data-dir ")
    assert told.stderr.count("\n") == 1


def test_a_database_that_is_away_is_told_in_one_line(tmp_path: Path) -> None:
    url = f"postgresql://efir@127.0.0.1:{free_port()}/efir"
    told = efir("migrate", "--data-dir", str(tmp_path), EFIR_DATABASE__URL=url)
    assert told.returncode == 4
    assert told.stderr.startswith("efir: the database does not answer (")
    assert told.stderr.endswith("); check EFIR_DATABASE__URL and the server\n")


@pytest.mark.slow
async def test_commands_attach_to_the_servers_of_a_running_efir(up: Up) -> None:
    up.ready()
    home = str(up.home)
    before = await database(load_from_environment({}, data_dir=up.home))
    assert (before.state, before.next_step) == ("problem", "run `efir migrate`")
    assert cache(load_from_environment({}, data_dir=up.home)).detail.endswith("append-only file on")
    told = efir("migrate", "--data-dir", home)
    assert (told.returncode, told.stdout.partition(" to ")[0]) == (0, "the database went from revision none")
    assert efir("migrate", "--data-dir", home).stdout.endswith(", the newest\n")
    healthy = efir("doctor", "--data-dir", home, "--port", str(free_port()))
    assert healthy.returncode == 0, healthy.stdout
    assert healthy.stdout.endswith("nothing is wrong\n")
    postgres_execute(existing_socket_directory(up.home), "efir", "update alembic_version set version_num = '9999'")
    newer = efir("migrate", "--data-dir", home)
    assert newer.returncode == 3
    assert newer.stderr.startswith(
        "efir: the database has revision 9999, which this release does not know; use the rel"
    )
    assert up.stop() == 0


def test_doctor_finds_what_is_wrong(tmp_path: Path) -> None:
    told = efir(
        "doctor", "--json", "--data-dir", str(tmp_path / "none"), "--host", "203.0.113.9",
        EFIR_MEDIA__FFMPEG="/nonexistent", EFIR_MEDIA__SANDBOX="off",
        EFIR_DATABASE__URL=f"postgresql://efir@127.0.0.1:{free_port()}/efir",
        EFIR_REDIS__URL=f"redis://127.0.0.1:{free_port()}",
    )  # fmt: skip
    assert told.returncode == 5
    found = json.loads(told.stdout)
    assert found["ok"] is False
    checks = {check["check"]: check for check in found["checks"]}
    assert {name for name, check in checks.items() if check["state"] == "problem"} == {
        "database", "cache", "ffmpeg", "port",
    }  # fmt: skip
    assert checks["sandbox"]["state"] == "warning"
    assert all(check["next_step"] for check in checks.values() if check["state"] != "ok")


def test_doctor_tells_a_wrong_setting() -> None:
    told = efir("doctor", EFIR_PORT="many")
    assert told.returncode == 5
    assert "$.port" in told.stdout


def test_config_shows_sources_and_hides_secrets(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EFIR_HOST=0.0.0.0\nEFIR_SECRET=do-not-show-this-to-anybody-at-all\n")
    told = efir(
        "config", "--json", "--data-dir", "/srv/efir", cwd=tmp_path,
        DB_HOST="db", DB_NAME="red", DB_USER="u", DB_PASS="hunter2", EFIR_PORT="8080",
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    shown = {one["name"]: (one["value"], one["source"]) for one in json.loads(told.stdout)["settings"]}
    assert shown["EFIR_DATA_DIR"] == ("/srv/efir", "flag")
    assert shown["EFIR_PORT"] == ("8080", "environment")
    assert shown["EFIR_HOST"] == ("0.0.0.0", ".env")
    assert shown["EFIR_SECRET"] == ("********", ".env")
    assert shown["EFIR_DATABASE__URL"] == ("postgresql://u:********@db:5432/red", "alias")
    assert shown["EFIR_DATABASE__SCHEMA"] == ("public", "default")
    assert "hunter2" not in told.stdout
    assert "do-not-show" not in told.stdout


def test_the_secret_must_be_long(tmp_path: Path) -> None:
    told = efir(
        "api", "--data-dir", str(tmp_path), EFIR_SECRET="short", EFIR_DATABASE__URL="postgresql://x/y",
        EFIR_REDIS__URL="redis://x",
    )  # fmt: skip
    assert told.returncode == 3
    assert told.stderr.startswith("efir: EFIR_SECRET needs at least 32 characters")
