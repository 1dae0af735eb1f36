"""Arguments and output of `efir questions`."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from efir.drivers.cli.arguments import changes, command_parser


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsArguments:
    """The action and its settings."""

    action: str
    changes: dict[str, object]
    count: int = 0
    as_json: bool = False
    output: Path | None = None


def questions_arguments(argv: Sequence[str]) -> QuestionsArguments:
    """Parse the flags of `efir questions import` and `efir questions bank`."""
    parser = command_parser(
        "questions",
        "Store new quiz questions (import), or make the bank they come from without a network (bank).",
        example="efir questions import 20\n  efir questions bank --output bank.jsonl",
    )
    parser.add_argument("action", choices=("import", "bank"), help="what to do")
    parser.add_argument(
        "count", nargs="?", type=parse_count, default=1, help="import: how many new questions (default: 1)"
    )
    parser.add_argument("--json", action="store_true", help="import: one JSON document on stdout")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="bank: where to write (default: the data directory)"
    )
    parsed = parser.parse_args(argv)
    return QuestionsArguments(
        action=parsed.action, changes=changes(parsed), count=parsed.count, as_json=parsed.json, output=parsed.output
    )


def parse_count(text: str) -> int:
    """Parse the number of questions."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)


def report_import(questions: Sequence[str], *, as_json: bool) -> None:
    """Print the stored questions."""
    if as_json:
        print(json.dumps({"saved": len(questions), "questions": list(questions)}, ensure_ascii=False))
        return
    for question in questions:
        print(question)


def report_bank(path: Path, count: int) -> None:
    """Print the path of the bank and its number of questions."""
    print(f"{count} questions are in {path}")
