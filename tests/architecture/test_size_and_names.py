"""Modules are one subject, functions are one thought, names say what a thing is."""

import ast
import statistics
from collections import Counter

from architecture.source import PACKAGE, TOP, layers, package, words

MODULE_LINES = 300
FUNCTION_LINES = 40
MEDIAN_MODULE, LARGE_MODULE, LARGE_FUNCTION = 80, 240, 19
FOLDER_FILES = 20
FOREIGN = {"vendor", "node_modules"}
CODE = {".py", ".js", ".css", ".html", ".sql"}
SAYS_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "service", "base"}

TERMS = {"common_passwords"}  # a term of the field (NIST SP 800-63B §3.1.1.2), not a drawer for whatever is left

Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_no_module_is_longer_than_its_subject_needs() -> None:
    long = {
        str(module.path.relative_to(TOP)): lines
        for module in package()
        if (lines := module.text.count("\n")) > MODULE_LINES
    }
    assert not long, "\n".join(f"{name}: {lines} lines" for name, lines in long.items())


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{module.at(node)} {node.name}": lines
        for module in package()
        for node in module.nodes
        if isinstance(node, Function) and (lines := _lines(node)) > FUNCTION_LINES
    }
    assert not long, "\n".join(f"{name}: {lines} lines" for name, lines in long.items())


def test_most_modules_and_functions_are_short() -> None:
    modules = sorted(module.text.count("\n") for module in package() if module.path.name != "__init__.py")
    functions = sorted(_lines(node) for module in package() for node in module.nodes if isinstance(node, Function))
    assert statistics.median(modules) <= MEDIAN_MODULE
    assert modules[len(modules) * 95 // 100] <= LARGE_MODULE
    assert functions[len(functions) * 95 // 100] <= LARGE_FUNCTION


def test_no_folder_holds_more_than_one_takes_in_at_a_glance() -> None:
    files = Counter(
        path.parent
        for root in (PACKAGE, TOP / "tests")
        for path in root.rglob("*")
        if path.suffix in CODE and path.name != "__init__.py" and not FOREIGN & set(path.parts)
    )
    assert [str(folder.relative_to(TOP)) for folder, count in files.items() if count > FOLDER_FILES] == []


def test_no_name_says_nothing() -> None:
    modules = [
        module.name for module in package() if SAYS_NOTHING & words(module.name) and module.path.stem not in TERMS
    ]
    definitions = [
        f"{module.at(node)} {node.name}"
        for module in package()
        for node in module.nodes
        if isinstance(node, Function | ast.ClassDef) and SAYS_NOTHING & words(node.name)
    ]
    assert not modules + definitions, "\n".join(modules + definitions)


def test_public_things_of_the_core_explain_themselves() -> None:
    silent = [
        f"{module.at(node)} {node.name}"
        for module in layers("domain", "ports", "application")
        for node in [*module.tree.body, *_members(module.tree)]
        if isinstance(node, Function | ast.ClassDef)
        and not node.name.startswith("_")
        and not _is_property(node)
        and ast.get_docstring(node) is None
    ]
    assert not silent, "\n".join(silent)


def _lines(node: Function) -> int:
    """Count a function's lines without its docstring."""
    docstring = node.body[0] if ast.get_docstring(node) is not None else None
    hidden = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - hidden


def _members(tree: ast.Module) -> list[ast.stmt]:
    return [node for owner in tree.body if isinstance(owner, ast.ClassDef) for node in owner.body]


def _is_property(node: ast.AST) -> bool:
    return any(getattr(mark, "id", "") == "property" for mark in getattr(node, "decorator_list", []))
