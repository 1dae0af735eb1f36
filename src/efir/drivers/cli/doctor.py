"""Arguments and output of `efir doctor`."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from efir.drivers.cli.arguments import changes, command_parser, listening
from efir.drivers.cli.exits import Exit

State = Literal["ok", "warning", "problem"]
COLOURS = {"ok": "32", "warning": "33", "problem": "31"}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `next_step` says what to do unless all is well."""

    check: str
    state: State
    detail: str
    next_step: str = ""


def doctor_arguments(argv: Sequence[str]) -> tuple[dict[str, object], bool]:
    """Parse the flags: settings, and whether to print JSON."""
    parser = command_parser(
        "doctor",
        "Check this installation; exit code 5 when something is wrong.",
        example="efir doctor --json",
    )
    listening(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parsed = parser.parse_args(argv)
    return changes(parsed, "host", "port"), parsed.json


def present(findings: Sequence[Finding], *, as_json: bool) -> int:
    """Print the findings; return the exit code."""
    wrong = sum(finding.state == "problem" for finding in findings)
    if as_json:
        print(json.dumps({"ok": not wrong, "checks": [asdict(finding) for finding in findings]}, ensure_ascii=False))
        return Exit.PROBLEMS if wrong else Exit.OK
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        print(f"{_add_colour(finding.state)}  {finding.check:<{width}}  {finding.detail}")
        if finding.next_step:
            print(f"{'':<{width + 11}}-> {finding.next_step}")
    print(f"\n{wrong} problem{'' if wrong == 1 else 's'} found" if wrong else "\nnothing is wrong")
    return Exit.PROBLEMS if wrong else Exit.OK


def _add_colour(state: State) -> str:
    plain = f"{state:<7}"
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return plain
    return f"\x1b[{COLOURS[state]}m{plain}\x1b[0m"
