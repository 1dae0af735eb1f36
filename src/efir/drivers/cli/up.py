"""Arguments and output of `efir up`."""

import contextlib
import json
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from efir.domain.kernel.hosts import host_of, is_loopback
from efir.drivers.cli.arguments import changes, command_parser, listening

LOUD = frozenset({"warning", "error", "critical"})
REMEMBERED = 500  # shown lines; a child that keeps failing does not repeat them
QUIET_SERVERS = frozenset({"postgres", "valkey"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UpArguments:
    """Settings given as flags, and the options of `efir up` alone."""

    changes: dict[str, object]
    demo: bool
    verbose: bool


def parse_up_arguments(argv: Sequence[str]) -> UpArguments:
    """Parse the flags."""
    parser = command_parser(
        "up",
        "Run everything on this machine: database, cache, API, pages and workers.",
        example="efir up --port 8000 --data-dir ./data --demo",
    )
    listening(parser)
    parser.add_argument("--demo", action="store_true", help="add a person and two sample videos")
    parser.add_argument("--verbose", action="store_true", help="show every log line of the API and the workers")
    parsed = parser.parse_args(argv)
    return UpArguments(changes=changes(parsed, "host", "port"), demo=parsed.demo, verbose=parsed.verbose)


class Progress:
    """Plain lines on stdout; log lines of children go to stderr with their child's name."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._shown: deque[str] = deque(maxlen=REMEMBERED)

    def say(self, line: str) -> None:
        """Print one step."""
        _print(line, sys.stdout)

    def state(self, line: str) -> None:
        """Print a change of a child's state."""
        _print(f"[efir] {line}", sys.stderr)

    def log(self, child: str, line: str) -> None:
        """Show a child's line: every one when verbose, else each problem once; the log file has them all."""
        if child == "demo":
            self.say(line)
        elif self._verbose:
            _print(f"[{child}] {line}", sys.stderr)
        elif child not in QUIET_SERVERS and worth_showing(line) and line not in self._shown:
            self._shown.append(line)
            _print(f"[{child}] {line}", sys.stderr)

    def report_ready(self, address: str) -> None:
        """Report that the service is ready."""
        self.say(f"Efir is ready at {address}")


def _print(line: str, stream: TextIO) -> None:
    """Print; ignore a closed terminal, which must not end the service."""
    with contextlib.suppress(OSError):
        print(line, file=stream, flush=True)


def worth_showing(line: str) -> bool:
    """Return whether a log line reports a problem: level warning or higher, or not JSON at all."""
    if not line.startswith("{"):
        return bool(line.strip())
    try:
        entry = json.loads(line)
    except ValueError:
        return True
    return isinstance(entry, dict) and str(entry.get("level", "")).lower() in LOUD


def display_address(host: str, port: int) -> str:
    """Return the URL to open on this machine: a host of all interfaces is reached over loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host)  # noqa: S104  # compared, not bound
    return f"http://{reachable or (f'[{host}]' if ':' in host else host)}:{port}"


def mail_hint(origin: str) -> str:
    """Return where mails go while no mail server is configured."""
    if is_loopback(host_of(origin)):
        return f"mail: no server is set, so mails are kept at {origin}/mailbox (for this machine only)"
    return "mail: no server is set, so nobody gets mail; set EFIR_MAIL__SMTP_URL"
