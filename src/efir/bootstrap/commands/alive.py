"""`efir alive`: the health check of containers; it runs every few seconds, so it loads little."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from efir.bootstrap.processes.heartbeat import HEARTBEAT_SECONDS
from efir.bootstrap.processes.http_probe import answers
from efir.drivers.cli.arguments import parse_alive_arguments
from efir.drivers.cli.exits import Exit
from efir.settings import SettingsRefused, current

MAX_SILENCE = 6 * HEARTBEAT_SECONDS


def check_alive(argv: Sequence[str]) -> int:
    """Return exit code 0 if the API responds or, with `--pulse`, if the worker's heartbeat is recent."""
    changes, pulse = parse_alive_arguments(argv)
    if pulse is not None:
        return _report(f"the worker that writes {pulse}", works=_beats(pulse))
    try:
        settings = current(**changes)
    except SettingsRefused as error:
        print(f"efir: {error}", file=sys.stderr)
        return Exit.CONFIGURATION
    works = asyncio.run(answers(settings.host, settings.port, "/healthz"))
    return _report(f"the API on port {settings.port}", works=works)


def _beats(pulse: Path) -> bool:
    try:
        return time.time() - pulse.stat().st_mtime < MAX_SILENCE
    except OSError:
        return False


def _report(what: str, *, works: bool) -> int:
    print(f"{what} {'is alive' if works else 'does not answer'}")
    return Exit.OK if works else Exit.UNAVAILABLE
