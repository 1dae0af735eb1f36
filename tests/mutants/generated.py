"""Faults made by rule in the domain: a comparison flipped, a number off, `and` for `or`, a lost `not`.

Only what functions do is changed: a bound that stands as a constant is a choice; a test that repeats it shows nothing.
"""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mutants.copies import TOP

DOMAIN = TOP / "src" / "efir" / "domain"
TESTS = TOP / "tests"  # those of rules are named so
FLIPPED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip
SWAPPED: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*"}
SMALL = 64  # larger numbers are doubled and halved: formulas with a tolerance do not feel one more


@dataclass(frozen=True)
class Mutant:
    """One place of a file and what stands there instead."""

    file: str
    line: int
    start: int
    end: int
    instead: str

    def text(self, top: Path = TOP) -> str:
        """Return the whole file with the mutant in it."""
        whole = (top / self.file).read_bytes()
        return (whole[: self.start] + self.instead.encode() + whole[self.end :]).decode()

    def __str__(self) -> str:
        """Tell where it is and what it does."""
        was = (TOP / self.file).read_bytes()[self.start : self.end].decode()
        return f"{self.file}:{self.line}: {' '.join(was.split())} -> {self.instead}"


def mutants() -> list[Mutant]:
    """Return all mutants of the domain, in order."""
    return [
        made
        for path in sorted(DOMAIN.rglob("*.py"))
        for made in _of_module(str(path.relative_to(TOP)), path.read_text(encoding="utf-8"))
    ]


def sample(every: list[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return some, the same for the same seed."""
    return random.Random(seed).sample(every, min(count, len(every)))  # noqa: S311  # a sample, no secret


def tests_of(file: str) -> list[str]:
    """Return the tests of rules that load a module, those first that name it themselves."""
    name = module_of(file)
    loaded = {
        path: _imported(path) for path in sorted({*TESTS.glob("*/test_rules.py"), *TESTS.glob("*/test_*_rules.py")})
    }
    near = [path for path, names in loaded.items() if name in names]
    far = [path for path, names in loaded.items() if path not in near and name in _reached(names)]
    return [str(path.relative_to(TOP)) for path in (*near, *far)]


def module_of(file: str) -> str:
    """Return the dotted name of a file below `src`."""
    return ".".join(Path(file).with_suffix("").parts[1:])


def _reached(names: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        path = TOP / "src" / Path(*name.split(".")).with_suffix(".py")
        if name not in seen and path.is_file():
            seen.add(name)
            waiting.extend(_imported(path))
    return seen


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("efir.domain"):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _of_module(file: str, text: str) -> Iterator[Mutant]:
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def at(node: ast.expr, *, end: bool = False) -> int:
        line, column = (node.end_lineno, node.end_col_offset) if end else (node.lineno, node.col_offset)
        return starts[(line or 1) - 1] + (column or 0)

    def instead(node: ast.expr, new: str, start: int | None = None, stop: int | None = None) -> Mutant:
        first = at(node) if start is None else start
        return Mutant(file, node.lineno, first, at(node, end=True) if stop is None else stop, new)

    for node in _code(ast.parse(text)):
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in FLIPPED:
                new = f"{ast.unparse(left)} {FLIPPED[type(operator)]} {ast.unparse(right)}"
                yield instead(node, f"({new})")
            case ast.BoolOp(op=operator, values=values):
                word = " or " if isinstance(operator, ast.And) else " and "
                yield instead(node, f"({word.join(f'({ast.unparse(value)})' for value in values)})")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield instead(node, f"(bool({ast.unparse(operand)}))")
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in SWAPPED:
                yield instead(node, f"(({ast.unparse(left)}) {SWAPPED[type(operator)]} ({ast.unparse(right)}))")
            case ast.Constant(value=int() as value) if not isinstance(value, bool):
                yield instead(node, f"({value + 1 if abs(value) <= SMALL else value * 2})")
                yield instead(node, f"({value - 1 if abs(value) <= SMALL else value // 2})")


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that decides something: in functions, no annotations, no texts put together."""
    for function in ast.walk(tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for statement in function.body:
                yield from _inside(statement)


def _inside(tree: ast.AST) -> Iterator[ast.AST]:
    if isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef, ast.JoinedStr)):  # functions have their own turn
        return
    yield tree
    for name, value in ast.iter_fields(tree):
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST) and name != "annotation":
                yield from _inside(node)
