"""Real PostgreSQL and Valkey for the tests, without `efir up`.

    postgres = start_postgres(directory)   # postgres.url, postgres.stop()
    valkey = start_valkey(directory)       # valkey.url, valkey.stop()

Share one pair between xdist workers by starting it in the controller process, before any worker exists, and handing the
addresses over in the environment, which workers inherit:

    def pytest_configure(config):
        if not hasattr(config, "workerinput"): start both, put the addresses into os.environ
    def pytest_unconfigure(config):
        if not hasattr(config, "workerinput"): stop both

Each server runs below a small guard process (this file run as a program) that holds one end of a pipe. However the
starting process ends, kill -9 included, the pipe closes, and the guard ends the server and removes its sockets.
"""

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from efir.adapters.embedded import postgres, valkey
from efir.adapters.embedded.accounts import give, server_account
from efir.adapters.embedded.binaries import find_binaries, for_account
from efir.adapters.embedded.programs import spawn
from efir.adapters.embedded.reaper import adopt_orphans, watch
from efir.adapters.embedded.sockets import remove_sockets, socket_directory

PATIENCE = 30.0


@dataclass
class Server:
    """A running server: its address, its socket directory, and the process id of the server itself."""

    url: str
    sockets: Path
    pid: int
    guard: subprocess.Popen[str] = field(repr=False)

    def stop(self) -> None:
        """Stop the server and wait until nothing of it is left."""
        if self.guard.stdin is not None:
            self.guard.stdin.close()
        self.guard.wait(PATIENCE)
        if self.guard.stdout is not None:
            self.guard.stdout.close()


def start_postgres(directory: Path, *, durable: bool = False, options: dict[str, str] | None = None) -> Server:
    """Start PostgreSQL with its data below `directory` and return when database `efir` answers.

    Not durable means: no fsync at all, for data that may be thrown away. `options` are server settings.
    """
    return _start("postgres", directory, {"durable": durable, "options": options or {}})


def start_valkey(directory: Path) -> Server:
    """Start Valkey with its data below `directory` and return when it answers."""
    return _start("valkey", directory, {})


def _start(kind: str, directory: Path, facts: dict[str, object]) -> Server:
    guard = subprocess.Popen(
        [sys.executable, __file__, kind, str(directory), json.dumps(facts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    line = guard.stdout.readline() if guard.stdout else ""
    if not line:
        guard.communicate()
        raise RuntimeError(f"{kind} did not start: see {directory}/{kind}.log")
    told = json.loads(line)
    return Server(told["url"], Path(told["sockets"]), told["pid"], guard)


def _serve(kind: str, directory: Path, facts: dict[str, object]) -> int:
    directory = directory.absolute()
    directory.mkdir(parents=True, exist_ok=True)
    account = server_account(directory)
    found = for_account(find_binaries(), account, directory)
    home = directory / kind
    home.mkdir(exist_ok=True)
    give(home, account)
    sockets = socket_directory(home, account)
    if kind == "postgres":
        cluster = postgres.Cluster(
            binaries=found.postgres, directory=home / "data", sockets=sockets, account=account, **facts
        )
        postgres.create(cluster)
        postgres.clear_remains(cluster)
        program, url, ready = postgres.program(cluster), cluster.url, postgres.ready
    else:
        cache = valkey.Cache(binary=found.valkey, directory=home / "data", sockets=sockets, account=account)
        valkey.prepare(cache)
        program, url, ready = valkey.program(cache), cache.url, valkey.ready
    adopt_orphans()
    with (directory / f"{kind}.log").open("ab") as log:
        child = spawn(program, output=log.fileno())
    deadline = time.monotonic() + PATIENCE
    while not ready(sockets):
        if child.poll() is not None or time.monotonic() > deadline:
            return 1
        time.sleep(0.02)
    print(json.dumps({"url": url, "sockets": str(sockets), "pid": child.pid}), flush=True)
    throw_away = kind == "postgres" and not facts["durable"]
    try:
        stop = signal.SIGQUIT if throw_away else program.stop_signal
        return watch(child.pid, requests={signal.SIGTERM: stop, signal.SIGINT: stop}, life=sys.stdin.fileno())
    finally:
        remove_sockets(home)


if __name__ == "__main__":
    sys.exit(_serve(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])))
