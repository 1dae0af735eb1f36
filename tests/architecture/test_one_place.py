"""Rules that stand in one place: a second copy of one is refused here, before the two can differ."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from architecture.source import Module, package

SECRETS = re.compile(r"secret|token|ticket|password|passcode|(?<!en)(?<!de)code\b", re.IGNORECASE)
VISIBLE = re.compile(r"\bvisibility\s*(=|<>|!=|(not\s+)?in\b)", re.IGNORECASE)
EVERYWHERE = ""
CORE_AND_DRIVERS = r"(domain|ports|application|drivers)\."


@dataclass(frozen=True)
class Rule:
    """What gives a copy of a rule away, in which modules it is looked for, where it may stand, and a planted copy."""

    sign: Callable[[ast.AST], bool]
    looked_for: str
    places: frozenset[str]
    planted: str


def compares_visibility(node: ast.AST) -> bool:
    return _compares(node, lambda side: _named(side) in {"visibility", "Visibility"})


def selects_by_visibility(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(VISIBLE.search(node.value))


def compares_owner(node: ast.AST) -> bool:
    return _compares(node, lambda side: _named(side) == "owner_id")


def hashes_secret(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or _named(node.func) not in {"sha256", "sha512", "sha1", "md5", "new"}:
        return False
    return bool(node.args) and bool(SECRETS.search(ast.unparse(node.args[0])))


def makes_mac(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    keyed = any(keyword.arg == "key" for keyword in node.keywords)
    return called in {"hmac.new", "hmac.digest"} or (called.rpartition(".")[2].startswith("blake2") and keyed)


def spells_token(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"urlsafe_b64decode", "urlsafe_b64encode"}


def touches_responses(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "stored_responses"


RULES = {
    "who may watch": Rule(
        compares_visibility, r"(domain|application|ports|adapters|drivers)\.", frozenset({"domain.videos.video"}),
        "def may(facts): return facts.visibility == 'public'",
    ),
    "what is listed": Rule(
        selects_by_visibility, EVERYWHERE,
        frozenset({"adapters.postgres.videos.videos", "adapters.postgres.videos.tables"}),  # the list, and its index
        "SQL = \"select id from videos where visibility <> 'private'\"",
    ),
    "whose it is": Rule(
        compares_owner, CORE_AND_DRIVERS,
        frozenset({"domain.kernel.ownership", "domain.videos.video"}),  # the latter in the rule of who may watch
        "def mine(row, user): return row.owner_id == user",
    ),
    "what is stored of a secret": Rule(
        hashes_secret, EVERYWHERE,
        frozenset({"domain.kernel.secret_hashes", "domain.kernel.keys"}),  # the latter derives keys of the one secret
        "digest = hashlib.sha256(ticket.encode()).hexdigest()",
    ),
    "how a message is signed": Rule(
        makes_mac, EVERYWHERE, frozenset({"domain.kernel.keys"}), "mac = hmac.new(key, body, 'sha256')"
    ),
    "how a signed token is spelled": Rule(
        spells_token, CORE_AND_DRIVERS,
        frozenset({"domain.kernel.signed_tokens", "application.auth.oidc", "application.auth.credentials"}),
        # RFC 7636 spells a challenge so, and the key of a cached credential names nothing that is signed
        "token = base64.urlsafe_b64encode(body + mac)",
    ),
    "what a repeated request gets": Rule(
        touches_responses, CORE_AND_DRIVERS,
        frozenset({"application.kernel.idempotency", "application.jobs.work"}),  # the latter forgets old ones
        "async def known(tx): return await tx.stored_responses.get('ada', 'key')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_a_rule_stands_in_one_place(name: str) -> None:
    rule = RULES[name]
    found = [(module, node) for module in _looked_for(rule) for node in module.nodes if rule.sign(node)]
    copies = [f"{module.at(node)}: {ast.unparse(node)}" for module, node in found if module.name not in rule.places]
    assert not copies, "\n".join(copies)
    assert {module.name for module, _ in found} == rule.places, "a place that is allowed does not hold the rule"


@pytest.mark.parametrize("name", RULES)
def test_a_planted_copy_of_a_rule_is_seen(name: str) -> None:
    assert any(RULES[name].sign(node) for node in ast.walk(ast.parse(RULES[name].planted)))


def _looked_for(rule: Rule) -> Iterator[Module]:
    return (module for module in package() if re.match(rule.looked_for, module.name))


def _compares(node: ast.AST, sign: Callable[[ast.expr], bool]) -> bool:
    """Whether two values are compared; with None, what is absent is told from what is there."""
    if not isinstance(node, ast.Compare) or any(isinstance(kind, ast.Is | ast.IsNot) for kind in node.ops):
        return False
    return any(sign(side) or _of(side, sign) for side in (node.left, *node.comparators))


def _of(side: ast.expr, sign: Callable[[ast.expr], bool]) -> bool:
    return isinstance(side, ast.Attribute) and sign(side.value)


def _named(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
