"""Arguments and output of `efir auth calibrate`."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from efir.drivers.cli.arguments import changes, command_parser

SETTING = "EFIR_LIMITS__PASSWORD_PASSES"
SLOW = 0.150  # seconds; a longer login is noticeable


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The measured time of one hash."""

    passes: int
    seconds: float
    memory_kib: int


def auth_arguments(argv: Sequence[str]) -> tuple[dict[str, object], bool]:
    """Parse the flags: settings, and whether to print JSON."""
    parser = command_parser(
        "auth",
        "Measure password hashes on this machine and propose a setting; 80 to 150 ms for one are good.",
        example="efir auth calibrate",
    )
    parser.add_argument("action", choices=("calibrate",), help="what to do")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parsed: argparse.Namespace = parser.parse_args(argv)
    return changes(parsed), parsed.json


def present(found: Sequence[Measured], *, now: int, memory_kib: int, as_json: bool) -> None:
    """Print the measurements and the setting to use."""
    best = found[-1]
    if as_json:
        print(json.dumps({"measured": [asdict(one) for one in found], "proposed": best.passes, "now": now}))
        return
    for one in found:
        print(f"{one.passes} passes over {memory_kib >> 10} MiB: {one.seconds * 1000:.0f} ms")
    if best.passes == now:
        print("the present setting fits this machine")
    else:
        print(f"set {SETTING}={best.passes}; hashes are renewed as people sign in")
    if best.seconds > SLOW:
        print("one hash takes long here: EFIR_LIMITS__PASSWORD_MEMORY_KIB lowers its memory, not below 19456")
