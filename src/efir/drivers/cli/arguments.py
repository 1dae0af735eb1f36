"""Arguments that all commands share."""

import argparse
from collections.abc import Sequence
from pathlib import Path

LAST_PORT = 65_535


def build_plain_parser(name: str, summary: str, *, example: str = "") -> argparse.ArgumentParser:
    """Return the parser of a command that needs no data directory."""
    return argparse.ArgumentParser(
        prog=f"efir {name}",
        description=summary,
        epilog=f"example:\n  {example}" if example else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def command_parser(name: str, summary: str, *, example: str) -> argparse.ArgumentParser:
    """Return the parser of a command: an example in its help, and the data directory."""
    parser = build_plain_parser(name, summary, example=example)
    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        help="where everything is kept (default: EFIR_DATA_DIR, ~/.local/share/efir)",
    )
    return parser


def listening(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the address to listen on."""
    parser.add_argument("--host", help="address to listen on (default: EFIR_HOST, 127.0.0.1)")
    parser.add_argument("--port", type=port_number, help="port to listen on (default: EFIR_PORT, 8000)")


def changes(parsed: argparse.Namespace, *names: str) -> dict[str, object]:
    """Return the settings that were given as flags; they take precedence over the environment."""
    given = {name: getattr(parsed, name) for name in ("data_dir", *names)}
    return {name: value for name, value in given.items() if value is not None}


def queues(text: str) -> tuple[str, ...]:
    """Parse a comma-separated list of queue names."""
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not names:
        raise argparse.ArgumentTypeError("name at least one queue")
    return names


def api_arguments(argv: Sequence[str]) -> dict[str, object]:
    """Parse the flags of `efir api`."""
    parser = command_parser("api", "Serve the HTTP API and the pages.", example="efir api --port 8000")
    listening(parser)
    return changes(parser.parse_args(argv), "host", "port")


def worker_arguments(argv: Sequence[str]) -> tuple[dict[str, object], tuple[str, ...], Path | None]:
    """Parse the flags of `efir worker`: settings, the queues to work on, and the heartbeat file."""
    parser = command_parser("worker", "Do background work.", example="efir worker --queues media")
    parser.add_argument(
        "--queues",
        type=queues,
        default=("media", "fast", "mail"),
        metavar="A,B",
        help="queues to work on (default: media,fast,mail)",
    )
    parser.add_argument("--pulse", type=Path, metavar="FILE", help="file to touch every few seconds, see `efir alive`")
    parsed = parser.parse_args(argv)
    return changes(parsed), parsed.queues, parsed.pulse


def migrate_arguments(argv: Sequence[str]) -> tuple[dict[str, object], float]:
    """Parse the flags of `efir migrate`: settings, and how many seconds to wait for the database."""
    parser = command_parser("migrate", "Bring the database to the newest schema.", example="efir migrate --wait 60")
    parser.add_argument(
        "--wait", type=_seconds, default=0.0, metavar="SECONDS", help="wait so long for a database that still starts"
    )
    parsed = parser.parse_args(argv)
    return changes(parsed), parsed.wait


def parse_alive_arguments(argv: Sequence[str]) -> tuple[dict[str, object], Path | None]:
    """Parse the flags of `efir alive`: settings, or the heartbeat file of a worker."""
    parser = command_parser(
        "alive",
        "Tell whether the API of this machine or container answers; exit code 4 when not. For health checks.",
        example="efir alive --port 8000",
    )
    listening(parser)
    parser.add_argument(
        "--pulse", type=Path, metavar="FILE", help="ask for the worker that was started with the same flag instead"
    )
    parsed = parser.parse_args(argv)
    return changes(parsed, "host", "port"), parsed.pulse


def _seconds(text: str) -> float:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("seconds are a whole number")
    return float(text)


def port_number(text: str) -> int:
    """Parse a TCP port."""
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)
