"""The source as syntax trees, read once for all architecture tests."""

import ast
import dataclasses
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "src" / "efir"


@dataclasses.dataclass(frozen=True)
class Module:
    """One file of the package; `name` is its dotted path below `efir`."""

    path: Path
    name: str
    text: str
    tree: ast.Module

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree; walking it takes longer than what the tests do with it."""
        return tuple(ast.walk(self.tree))

    def at(self, node: ast.AST) -> str:
        return f"{self.path.relative_to(TOP)}:{getattr(node, 'lineno', 1)}"


@functools.cache
def package() -> tuple[Module, ...]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return tuple(Module(path, _dotted(path), text := path.read_text(), ast.parse(text)) for path in paths)


def layers(*names: str) -> Iterator[Module]:
    return (module for module in package() if module.name.partition(".")[0] in names)


def imported(node: ast.AST) -> list[str]:
    """Return the full names that an import statement brings."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def words(name: str) -> set[str]:
    """Split `snake_case` and `CamelCase` into lower-case words."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}


@functools.cache
def tracked() -> tuple[Path, ...]:
    """Return the files that are, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := TOP / name).is_file())


@functools.cache
def tracked_text() -> tuple[tuple[Path, str], ...]:
    return tuple((path, path.read_bytes().decode("utf-8", errors="replace")) for path in tracked())


def _dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")
