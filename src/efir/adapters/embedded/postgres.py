"""The embedded PostgreSQL 18: created once, recovered after any crash, reachable over one private UNIX socket."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from efir.adapters.embedded.accounts import Account, can_reach, give, identity, name_of
from efir.adapters.embedded.orphans import end_servers
from efir.adapters.embedded.programs import Program, build_environment
from efir.adapters.embedded.wire import POSTGRES_SOCKET, ServerRefused, postgres_execute

HERE = "/proc/self/cwd"
NO_DATABASE = "3D000"
NAME = "efir"  # the name of the superuser and of the database
INITDB = (
    *("-U", NAME, "-A", "trust", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
    "--no-instructions",
)
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
}
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "dynamic_shared_memory_type": "mmap",  # killed test runs leave nothing in /dev/shm
    "max_wal_size": "256MB",
}


class ClusterRefused(Exception):  # an exception named by the broken rule, as in the domain
    """The database cannot be created or belongs to another PostgreSQL; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A PostgreSQL data directory and how it is served."""

    binaries: Path
    directory: Path
    sockets: Path
    account: Account | None
    durable: bool = True
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Return the URL for clients."""
        return postgres_url(self.sockets)


def postgres_url(sockets: Path) -> str:
    """Return the URL of the server that listens in this socket directory."""
    return f"postgresql://{NAME}@/{NAME}?host={quote(str(sockets))}"


def create(cluster: Cluster) -> bool:
    """Create the data directory unless it exists; return whether it was created.

    It is created under another name and renamed when complete, so an interrupted first start begins again.
    Raises ClusterRefused.
    """
    target = cluster.directory
    if target.exists():
        _check_version(cluster)
        return False
    for scratch in target.parent.glob(f"{target.name}.new-*"):
        shutil.rmtree(scratch)
    if cluster.account is None and not name_of(os.geteuid()):
        raise ClusterRefused(
            f"PostgreSQL runs for named users only, and the user id {os.geteuid()} has no name: add it to /etc/passwd,"
            " or set EFIR_DATABASE__URL"
        )
    scratch = Path(tempfile.mkdtemp(prefix=f"{target.name}.new-", dir=target.parent))
    give(scratch, cluster.account)
    flags = [f"-c{name}={value}" for name, value in CONFIGURATION.items()]
    made: subprocess.CompletedProcess[str] = subprocess.run(
        [cluster.binaries / "initdb", "-D", _spell_directory(cluster, scratch), *INITDB, *flags, *_sync(cluster)],
        cwd=scratch,
        env=build_environment(),
        check=False,
        capture_output=True,
        text=True,
        **identity(cluster.account),
    )
    if made.returncode:
        shutil.rmtree(scratch, ignore_errors=True)
        cause = (made.stderr or made.stdout).strip().splitlines() or [f"initdb ended with {made.returncode}"]
        raise ClusterRefused(f"the database could not be made in {target}: {cause[0]}")
    scratch.rename(target)
    sync_directory(target.parent)
    return True


def _check_version(cluster: Cluster) -> None:
    try:
        made_by = (cluster.directory / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise ClusterRefused(f"{cluster.directory} is not a PostgreSQL data directory: move it away") from error
    told = subprocess.run([cluster.binaries / "postgres", "--version"], check=True, capture_output=True, text=True)
    runs = told.stdout.split()[-1].partition(".")[0]
    if made_by != runs:
        raise ClusterRefused(
            f"the database was made by PostgreSQL {made_by}, this is {runs}: run `efir backup` with the release that"
            " made it, then `efir restore` into a new data directory"
        )


def _sync(cluster: Cluster) -> list[str]:
    return [] if cluster.durable else ["--no-sync"]


def _spell_directory(cluster: Cluster, directory: Path) -> str:
    """Return a path of a directory that the account can reach.

    Below a home with mode 0700 no absolute path works for another user, but a process started inside (root enters it)
    reaches it by this name, and PostgreSQL never leaves its data directory.
    """
    return str(directory) if can_reach(cluster.account, directory) else HERE


def sync_directory(directory: Path) -> None:
    """Make the entries of a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear_remains(cluster: Cluster) -> int:
    """Stop a server that outlived its supervisor and delete its lock files; return how many processes were left.

    The lock files contain process ids, which other processes may have after a power cut: PostgreSQL would refuse to
    start. The caller holds the lock of the data directory, so no other process starts a server here.
    """
    left = end_servers(cluster.directory, "postgres")
    if Path(HERE).exists():  # elsewhere PostgreSQL's own, more careful check applies
        for path in (cluster.directory / "postmaster.pid", cluster.sockets / f"{POSTGRES_SOCKET}.lock"):
            path.unlink(missing_ok=True)
    return left


def program(cluster: Cluster) -> Program:
    """Return how to run the server; SIGINT is PostgreSQL's fast shutdown: sessions end, everything is written."""
    changed = {**({} if cluster.durable else THROW_AWAY), **cluster.options}
    return Program(
        name="postgres",
        argv=(
            str(cluster.binaries / "postgres"),
            *("-D", _spell_directory(cluster, cluster.directory), "-k", str(cluster.sockets), "-h", ""),
            *(word for name, value in changed.items() for word in ("-c", f"{name}={value}")),
        ),
        cwd=cluster.directory,
        account=cluster.account,
        environ=build_environment(),
        stop_signal=signal.SIGINT,
        stop_seconds=20,
    )


def is_ready(sockets: Path) -> bool:
    """Return whether the server responds to a query in Efir's database, which is created when it does not exist."""
    try:
        postgres_execute(sockets, NAME, "select 1")
    except OSError:
        return False
    except ServerRefused as refusal:
        if refusal.code == NO_DATABASE:
            with contextlib.suppress(OSError, ServerRefused):
                postgres_execute(sockets, "postgres", f"create database {NAME}")
                return True
        return False
    return True
