"""Checks of the port before anything is started."""

import errno
import socket
from pathlib import Path

from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed

NEIGHBOURS = 100
FIRST_FREE = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
FIRST_FREE_DEFAULT = 1024


def check_port(host: str, port: int) -> None:
    """Raises CommandFailed, with the next step, for a port that is taken or not permitted."""
    try:
        _bind(host, port)
    except socket.gaierror as error:
        raise CommandFailed(
            f"the host {host!r} is unknown", "use --host 127.0.0.1 or 0.0.0.0", Exit.CONFIGURATION
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            free = _free_neighbour(host, port)
            hint = f"use --port {free}" if free else "choose another with --port"
            raise CommandFailed(
                f"port {port} is taken by another program", f"stop it or {hint}", Exit.UNAVAILABLE
            ) from error
        if error.errno == errno.EACCES:
            raise CommandFailed(
                f"port {port} is reserved for the system", "use one above 1023, like --port 8000", Exit.CONFIGURATION
            ) from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise CommandFailed(
                f"this machine has no address {host}", "use --host 127.0.0.1 or 0.0.0.0", Exit.CONFIGURATION
            ) from error
        raise


def check_reserved(port: int, user: str) -> None:
    """Raises CommandFailed for a port that root may listen on, but not the user that root changes to."""
    try:
        first = int(FIRST_FREE.read_text())
    except (OSError, ValueError):
        first = FIRST_FREE_DEFAULT
    if port < first:
        raise CommandFailed(
            f"port {port} is reserved for root, and Efir runs as the user {user}",
            f"use one from {first} on, behind a proxy, or lower {FIRST_FREE}",
            Exit.CONFIGURATION,
        )


def _bind(host: str, port: int) -> None:
    for family, kind, protocol, _, address in socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    ):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
        return


def _free_neighbour(host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + NEIGHBOURS, 65_536)):
        try:
            _bind(host, candidate)
        except OSError:
            continue
        return candidate
    return None
