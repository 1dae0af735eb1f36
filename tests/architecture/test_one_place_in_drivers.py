"""Rules that stand once: what browsers keep for us, and which page a request comes from."""

import ast
from collections.abc import Iterator

from architecture.source import Module, package

PREFIX = "__Host-"
FACTS_OF_ORIGIN = {"sec-fetch-site", "netloc"}


def test_the_prefix_of_cookies_stands_in_one_module() -> None:
    assert _say(PREFIX) == {"drivers._asgi.cookies"}


def test_one_function_decides_whether_a_request_comes_from_this_site() -> None:
    deciding = {
        f"{module.name}.{function.name}"
        for module in package()
        if module.name.startswith("drivers.")
        for function in module.nodes
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if getattr(node, "attr", getattr(node, "value", None)) in FACTS_OF_ORIGIN
    }
    assert deciding == {"drivers._asgi.same_origin.require_same_origin"}


def test_one_function_drains_bodies() -> None:
    limits = {
        module.name
        for module in package()
        for node in module.nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.endswith("DRAINED")
    }
    assert limits == {"drivers._asgi.streamed_body"}


def _say(text: str) -> set[str]:
    return {module.name for module in package() for said in _strings(module) if text in said}


def _strings(module: Module) -> Iterator[str]:
    return (node.value for node in module.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
