"""The embedded Valkey: append-only file on, one private UNIX socket, no TCP port."""

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from efir.adapters.embedded.accounts import Account, give
from efir.adapters.embedded.orphans import end_servers
from efir.adapters.embedded.programs import Program, build_environment
from efir.adapters.embedded.wire import VALKEY_SOCKET, is_valkey_ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A Valkey directory and how it is served."""

    binary: Path
    directory: Path
    sockets: Path
    account: Account | None

    @property
    def url(self) -> str:
        """Return the URL for clients."""
        return valkey_url(self.sockets)


def valkey_url(sockets: Path) -> str:
    """Return the URL of the server that listens in this socket directory."""
    return f"unix://{sockets / VALKEY_SOCKET}"


def prepare(cache: Cache) -> int:
    """Create the directory and stop a server that outlived its supervisor; return how many processes were left."""
    cache.directory.mkdir(mode=0o700, exist_ok=True)
    give(cache.directory, cache.account)
    return end_servers(cache.directory, "valkey-server")


def quarantine(cache: Cache) -> Path:
    """Move a directory away that Valkey cannot read any more: nothing in it is the only copy of anything."""
    broken = cache.directory.with_name(f"{cache.directory.name}.broken")
    shutil.rmtree(broken, ignore_errors=True)
    cache.directory.rename(broken)
    prepare(cache)
    return broken


def program(cache: Cache) -> Program:
    """Return how to run the server; all files stay in its working directory, which no other program uses."""
    flags = {
        "port": "0",
        "unixsocket": str(cache.sockets / VALKEY_SOCKET),
        "unixsocketperm": "700",
        "dir": ".",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "logfile": "",
        "loglevel": "notice",
        "daemonize": "no",
    }
    return Program(
        name="valkey",
        argv=(str(cache.binary), *(word for name, value in flags.items() for word in (f"--{name}", value))),
        cwd=cache.directory,
        account=cache.account,
        environ=build_environment(),
        stop_signal=signal.SIGTERM,
        stop_seconds=10,
    )


def is_ready(sockets: Path) -> bool:
    """Return whether the server responds."""
    return is_valkey_ready(sockets / VALKEY_SOCKET)
