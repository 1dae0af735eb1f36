"""Write the documents that come from the code; `--check` compares them and fails instead."""

import argparse
import asyncio
import dataclasses
import difflib
import functools
import importlib
import inspect
import io
import os
import pkgutil
import secrets
import sys
import tempfile
import textwrap
import tokenize
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec

import efir.application
import efir.domain
import efir.ports
from efir.bootstrap.startup import logs
from efir.bootstrap.wiring.http import build_server_app
from efir.bootstrap.wiring.ports import opened
from efir.domain.kernel.errors import DomainError
from efir.drivers.http.kernel.problems import status_of
from efir.settings import PREFIX, Settings, load_from_environment

TOP = Path(__file__).parent.parent

ALIASES = (
    ("DB_HOST, DB_PORT, DB_USER, DB_PASS, DB_NAME", "EFIR_DATABASE__URL"),
    ("POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB", "EFIR_DATABASE__URL"),
)
OUTSIDE = (
    ("EFIR_ENV_FILE", "another file than `.env` to read settings from"),
    ("EFIR_URL", "the server that `efir upload` talks to"),
    ("EFIR_TOKEN", "the API token that `efir upload` uses"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setting:
    """One setting as people meet it."""

    name: str
    default: str
    kind: str
    meaning: str


def settings() -> dict[str, list[Setting]]:
    """Return every setting by the title of its group."""
    own = [field for field in _fields(Settings) if not _is_group(field.kind) and not _named(field.kind)]
    groups = {"the service": list(_explained(Settings, own, PREFIX))}
    for field in _fields(Settings):
        if _is_group(field.kind):
            title = f"{field.name}: {_meaning(Settings, field.name)}"
            groups[title] = list(_explained(field.kind, _fields(field.kind), f"{PREFIX}{field.name.upper()}__"))
        elif member := _named(field.kind):
            title = f"{field.name}: {_meaning(Settings, field.name)}"
            groups[title] = list(_explained(member, _fields(member), f"{PREFIX}{field.name.upper()}__NAME__"))
    return groups


def _named(kind: Any) -> Any:
    """Return what each member of a group is, whose members people name themselves."""
    return typing.get_args(kind)[1] if typing.get_origin(kind) is dict else None


@dataclasses.dataclass(frozen=True)
class _Field:
    name: str
    kind: Any
    default: Any
    spelled: str  # its name in the environment


def _fields(owner: Any) -> list[_Field]:
    if dataclasses.is_dataclass(owner):
        return [_Field(field.name, field.type, field.default, field.name) for field in dataclasses.fields(owner)]
    members = msgspec.structs.fields(owner)
    return [_Field(field.name, field.type, field.default, field.encode_name) for field in members]


def _is_group(kind: Any) -> bool:
    return isinstance(kind, type) and (dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct))


def _explained(owner: type, members: list[_Field], prefix: str) -> Iterator[Setting]:
    for field in members:
        default = "" if field.default == "" else str(field.default)
        meaning = _meaning(owner, field.name)
        yield Setting(name=prefix + field.spelled.upper(), default=default, kind=_kind(field), meaning=meaning)


def _meaning(owner: type, name: str) -> str:
    if name not in (meanings := _comments(owner)):
        raise SystemExit(f"{owner.__module__}.{owner.__name__}.{name} has no comment that explains it")
    return meanings[name]


@functools.cache
def _comments(owner: type) -> dict[str, str]:
    """Read the comment that ends the line of each field."""
    source = textwrap.dedent(inspect.getsource(owner))
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name, colon, _ = token.line.partition(":")
        if token.type == tokenize.COMMENT and colon and name.strip().isidentifier():
            found[name.strip()] = token.string.lstrip("# ")
    return found


def _kind(field: _Field) -> str:
    if typing.get_origin(field.kind) is typing.Literal:
        return ", ".join(f"`{choice}`" for choice in typing.get_args(field.kind))
    kind = field.kind if isinstance(field.kind, type) else type(field.default)
    return {int: "whole number", float: "number", bool: "`true` or `false`", Path: "path"}.get(kind, "text")


def env_example() -> str:
    """Return `.env.example`: every setting, commented out, with its default."""
    lines = ["# Copy to `.env` and change what you need; each line shows the default. Generated: `just openapi`."]
    for title, members in settings().items():
        lines += ["", f"# --- {title} ---"]
        for setting in members:
            lines += [f"# {setting.meaning} ({setting.kind.replace('`', '')})", f"#{setting.name}={setting.default}"]
    lines += ["", "# --- other names that are understood ---"]
    lines += [f"# {names}: parts of {target}" for names, target in ALIASES]
    lines += ["", "# --- from the environment only, not from this file ---"]
    lines += [f"# {name}: {meaning.replace('`', '')}" for name, meaning in OUTSIDE]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the reference page of the settings."""
    lines = [
        "# Settings",
        "",
        "Read once at the start: flags of the command, then the environment, then `.env` in the working directory.",
        "An unknown name or a wrong value stops the start and is named. An empty value counts as not set.",
        "Generated from `src/efir/settings.py` and `src/efir/domain/kernel/limits.py` by `just openapi`.",
    ]
    for title, members in settings().items():
        lines += [
            "",
            f"## {title[0].upper()}{title[1:]}",
            "",
            "| Name | Kind | Default | Meaning |",
            "|---|---|---|---|",
        ]
        lines += [f"| `{m.name}` | {m.kind} | {f'`{m.default}`' if m.default else ''} | {m.meaning} |" for m in members]
    lines += ["", "## Other names that are understood", ""]
    lines += [f"- `{names.replace(', ', '`, `')}`: parts of `{target}`" for names, target in ALIASES]
    lines += ["", "## From the environment only", "", *(f"- `{name}`: {meaning}" for name, meaning in OUTSIDE)]
    return "\n".join(lines) + "\n"


def errors() -> list[type[DomainError]]:
    """Return every error a request may meet, by its code."""
    for package in (efir.domain, efir.ports, efir.application):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found, waiting = set(), [DomainError]
    while waiting:
        known = waiting.pop().__subclasses__()
        found.update(known)
        waiting.extend(known)
    return sorted(found, key=lambda error: (error.code, error.title))


def errors_page() -> str:
    """Return the reference page of the errors."""
    lines = [
        "# Errors",
        "",
        "Every error of the API is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`,",
        "`code`, `request_id` and, for wrong values, `errors`: a list of `pointer`, `code` and `detail`.",
        "`code` is stable and meant for programs, `detail` is for people.",
        "Statuses 429 and 503 come with `Retry-After`. Generated from the error classes by `just openapi`.",
        "",
        "| Code | Status | Meaning | Rule |",
        "|---|---|---|---|",
    ]
    for error in errors():
        rule = " ".join((error.__doc__ or "").split())
        lines.append(f"| `{error.code}` | {status_of(error)} | {error.title} | {rule} |")
    return "\n".join(lines) + "\n"


def openapi() -> str:
    """Return the OpenAPI document as the service answers it; nothing is connected for that."""
    logs.configure("error")
    return asyncio.run(_openapi())


async def _openapi() -> str:
    with tempfile.TemporaryDirectory() as home:
        environ = {
            "EFIR_DATA_DIR": home,
            "EFIR_SECRET": secrets.token_hex(32),
            "EFIR_MEDIA__SANDBOX": "off",
            "EFIR_DATABASE__URL": "postgresql://nowhere.invalid/none",
            "EFIR_REDIS__URL": "redis://nowhere.invalid",
            "EFIR_ENV_FILE": os.devnull,
        }
        found = load_from_environment(environ)
        async with opened(found, statement_seconds=1) as ports:
            transport = httpx.ASGITransport(app=build_server_app(ports, found))
            async with httpx.AsyncClient(transport=transport, base_url="http://efir.invalid") as client:
                return (await client.get("/openapi.json")).raise_for_status().text


DOCUMENTS: dict[str, Callable[[], str]] = {
    ".env.example": env_example,
    "docs/reference/settings.md": settings_page,
    "docs/reference/errors.md": errors_page,
    "docs/openapi.json": openapi,
}


def main() -> int:
    """Write or compare every generated document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit code 1 when one differs")
    check, stale = parser.parse_args().check, 0
    for name, made in DOCUMENTS.items():
        path, text = TOP / name, made()
        stored = path.read_text(encoding="utf-8") if path.exists() else ""
        if check and stored != text:
            stale = 1
            lines = difflib.unified_diff(
                stored.splitlines(), text.splitlines(), name, f"{name} from the code", "", "", 1
            )
            sys.stdout.write("\n".join([*list(lines)[:40], f"{name} differs from the code: run `just openapi`.\n"]))
        elif not check:
            path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main())
