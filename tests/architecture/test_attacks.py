"""Every attack of the list is tried by a test that exists."""

import ast
import functools
import re
from pathlib import Path

import pytest

from architecture.source import TOP

LINE = re.compile(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
NODE = re.compile(r"`([\w/]+\.py)::(\w+)`")
ATTACKS = 44
ROWS = LINE.findall((TOP / "docs/reference/attacks.md").read_text(encoding="utf-8"))


def test_every_attack_has_its_line() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, ATTACKS + 1))


@pytest.mark.parametrize(("number", "tests"), ROWS)
def test_every_test_of_the_list_exists(number: str, tests: str) -> None:
    named = NODE.findall(tests)
    assert len(named) == tests.count("::") > 0, number
    for path, name in named:
        assert name in functions(TOP / "tests" / path), (number, path, name)


@functools.cache
def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
