"""What import contracts cannot say: parts of the standard library that a pure layer may not touch."""

import ast
import sys

from architecture.source import imported, layers, package

OUTSIDE_WORLD = {
    *("asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "shutil"),
    *("signal", "socket", "subprocess", "tempfile", "threading", "time", "urllib"),
}
LIBRARIES = {
    "domain": set[str](),
    "ports": {"msgspec"},
    "application": {"msgspec"},
    "settings": {"msgspec"},
    "adapters.mail": {"aiosmtplib", "babel", "jinja2", "structlog"},
    "adapters.media": {"av", "msgspec", "pydub", "pyvips"},
    "adapters.oidc": {"authlib", "httpx", "joserfc", "msgspec", "structlog"},
    "adapters.postgres": {"advanced_alchemy", "alembic", "asyncpg", "msgspec", "sqlalchemy"},
    "adapters.quiz": {"babel", "httpx"},
    "adapters.redis": {"dramatiq", "hiredis", "msgspec", "redis", "structlog"},
    "adapters.secrets": {
        *("argon2", "cryptography", "email_validator", "joserfc", "msgspec", "pyotp", "segno", "webauthn"),
    },
    "adapters.storage": {"obstore"},
    "drivers._asgi": {"litestar", "msgspec", "structlog"},
    "drivers.cli": {"httpx", "rich"},  # `efir upload` and `efir demo` are HTTP clients
    "drivers.http": {"litestar", "msgspec", "multipart", "structlog"},
    "drivers.web": {"babel", "jinja2", "litestar", "structlog"},
    "drivers.workers": {"dramatiq", "structlog"},
    "bootstrap": {
        *("asyncpg", "dramatiq", "granian", "httpx", "imageio_ffmpeg", "msgspec", "redis", "structlog", "uvloop"),
    },
}
"""What may be imported beside the standard library; whatever is not listed is forbidden."""

FACTS = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid6", "uuid7", "monotonic", "perf_counter", "getenv", "environ"}
SOURCES_OF_FACTS = {"datetime", "date", "uuid", "time", "os"}


def test_the_domain_imports_itself_and_pure_parts_of_the_standard_library() -> None:
    allowed = set(sys.stdlib_module_names) - OUTSIDE_WORLD | {"efir"}
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in layers("domain")
        for node in module.nodes
        for name in imported(node)
        if name.partition(".")[0] not in allowed
    ]
    assert not wrong, "\n".join(wrong)


def test_every_package_imports_only_the_libraries_it_is_listed_with() -> None:
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in package()
        for node in module.nodes
        for name in imported(node)
        if name.partition(".")[0] not in set(sys.stdlib_module_names) | {"efir"} | _libraries_of(module.name)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_domain_asks_no_clock_and_makes_no_identifier() -> None:
    wrong = [
        f"{module.at(node)} uses {node.attr}"
        for module in layers("domain")
        for node in module.nodes
        if isinstance(node, ast.Attribute) and node.attr in FACTS
    ]
    assert not wrong, "\n".join(wrong)


def test_use_cases_and_ports_are_told_time_and_chance() -> None:
    wrong = [
        f"{module.at(node)} uses {fact}"
        for module in layers("ports", "application")
        for node in module.nodes
        if (fact := _fact(node))
    ]
    assert not wrong, "\n".join(wrong)


def test_use_cases_and_ports_reach_nothing_outside_the_process() -> None:
    forbidden = OUTSIDE_WORLD - {"asyncio", "pathlib"}  # two ports may be awaited at once; a path is only a value
    wrong = [
        f"{module.at(node)} imports {name}"
        for module in layers("ports", "application")
        for node in module.nodes
        for name in imported(node)
        if name.partition(".")[0] in forbidden
    ]
    assert not wrong, "\n".join(wrong)


def test_imports_stand_at_the_top_except_where_a_command_loads_its_branch() -> None:
    wrong = [
        f"{module.at(node)} imports inside a function or class"
        for module in package()
        if not module.name.startswith("bootstrap.")
        for node in module.nodes
        if isinstance(node, ast.Import | ast.ImportFrom) and node.col_offset
    ]
    assert not wrong, "\n".join(wrong)


def test_the_wiring_is_typed() -> None:
    wrong = [
        module.at(node)
        for module in layers("bootstrap")
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (signature := ast.unparse(node.args) + (ast.unparse(node.returns) if node.returns else ""))
        and "dict[str, Any]" in signature
    ]
    assert not wrong, "\n".join(wrong)


def _fact(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute) and node.attr in FACTS:
        root = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        return node.attr if root in SOURCES_OF_FACTS else ""
    names = {name.rpartition(".")[2] for name in imported(node)} & (FACTS - {"now", "today"})
    return ", ".join(sorted(names))


def _libraries_of(module: str) -> set[str]:
    return next((allowed for place, allowed in LIBRARIES.items() if f"{module}.".startswith(f"{place}.")), set())
