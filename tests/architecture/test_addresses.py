"""Addresses are written by the port Links only: the core, and the texts of mails, know of what, not where."""

import ast
import re
from collections.abc import Iterator

from architecture.source import Module, layers, package

ADDRESS = re.compile(r"/[A-Za-z]|.*/api/v[0-9]", re.DOTALL)
POINTED = {"pointer", "at", "FieldError", "invalid_audio", "wrong", "_wrong"}
"""Who takes a JSON pointer (RFC 6901), which says what in a request is wrong and begins with a slash as well."""

MAILS = "adapters.mail.wording"
SHOWN = {"examples"}
"""Samples for the API's description."""

ALLOWED = {
    "domain.auth.second_factors": "Send the challenge with a code to /api/v1/auth/mfa/verify.",  # says what comes next
    "domain.audio.edits": "/operations/",  # writes a JSON pointer
}


def test_no_address_is_written_in_the_core_or_in_mails() -> None:
    wrong = [
        f"{module.at(node)} writes {text!r}"
        for module in bound_modules()
        for node, text in addresses(module.nodes)
        if ALLOWED.get(module.name) != text
    ]
    assert not wrong, "\n".join(wrong)


def test_the_origin_is_joined_to_nothing_in_the_core() -> None:
    wrong = [module.at(node) for module in bound_modules() for node in joined_with_origin(module.nodes)]
    assert not wrong, "\n".join(wrong)


def test_what_is_allowed_is_still_there() -> None:
    found = {(module.name, text) for module in bound_modules() for _, text in addresses(module.nodes)}
    assert set(ALLOWED.items()) <= found


def test_planted_addresses_are_seen() -> None:
    planted = """
def view(ports, facts):
    '''Return what is below /api/v1/videos.'''
    folder = f"/i/{facts.id}"
    link, page = origin + "/login", f"{ports.origin}/settings"
    raise FieldError("/email", "email", "wrong")
"""
    nodes = tuple(ast.walk(ast.parse(planted)))
    assert [text for _, text in addresses(nodes)] == ["/i/", "/login"]
    assert len(joined_with_origin(nodes)) == 2


def bound_modules() -> list[Module]:
    return [*layers("domain", "ports", "application"), *(each for each in package() if each.name == MAILS)]


def addresses(nodes: tuple[ast.AST, ...]) -> Iterator[tuple[ast.AST, str]]:
    skipped = set(_harmless(nodes))
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) and id(node) not in skipped else None
        if isinstance(text, str) and ADDRESS.match(text):
            yield node, text


def joined_with_origin(nodes: tuple[ast.AST, ...]) -> list[ast.AST]:
    """Places where the public address and something more become one text."""
    return [
        node
        for node in nodes
        if (isinstance(node, ast.JoinedStr) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)))
        and "origin" in ast.unparse(node)
    ]


def _harmless(nodes: tuple[ast.AST, ...]) -> Iterator[int]:
    """Constants that are docstrings, JSON pointers, samples, or names of files below a folder that something gave."""
    for node in nodes:
        if isinstance(node, ast.Expr):
            yield id(node.value)
        elif isinstance(node, ast.JoinedStr):
            yield from map(id, node.values[1:])
        elif isinstance(node, ast.Call) and node.args and _called(node) in POINTED:
            yield from map(id, ast.walk(node.args[0]))
        elif isinstance(node, ast.keyword) and node.arg in POINTED | SHOWN:
            yield from map(id, ast.walk(node.value))
        elif isinstance(node, ast.arguments):
            named = [*node.args[len(node.args) - len(node.defaults) :], *node.kwonlyargs]
            for name, default in zip(named, [*node.defaults, *node.kw_defaults], strict=True):
                if name.arg in POINTED and default is not None:
                    yield id(default)
        elif isinstance(node, ast.Assign) and any(getattr(name, "id", "") in POINTED for name in node.targets):
            yield from map(id, ast.walk(node.value))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
