"""`efir config`: every setting of this process with its source."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

import msgspec

from efir.bootstrap.startup.settings_loading import ENV_FILE, load_settings
from efir.drivers.cli.config import Setting, config_arguments, present
from efir.settings import PREFIX, aliases, dotenv


def config(argv: Sequence[str]) -> int:
    """Show the settings."""
    changes, as_json, changed_only = config_arguments(argv)
    found = list(find_sources(leaves(load_settings(changes)), changes, os.environ))
    present([setting for setting in found if not changed_only or setting.source != "default"], as_json=as_json)
    return 0


def leaves(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the settings as single values; levels of the tree are separated by `__` in the name."""
    if isinstance(value, msgspec.Struct):
        parts = {field.encode_name: getattr(value, field.name) for field in msgspec.structs.fields(value)}
    elif is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
    elif isinstance(value, Mapping):
        parts = dict(value)
    else:
        yield PREFIX + name.upper(), spell_value(value)
        return
    for part, inner in parts.items():
        yield from leaves(inner, f"{name}__{part}" if name else str(part))


def spell_value(value: object) -> str:
    """Return a value as it would be set in the environment."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def find_sources(
    values: Iterator[tuple[str, str]], changes: Mapping[str, object], environ: Mapping[str, str]
) -> Iterator[Setting]:
    """Yield each setting with its source; sources are tried in order of precedence."""
    path = Path(environ.get(ENV_FILE, ".env"))
    written = dotenv(path)
    borrowed = {PREFIX + name for name in aliases({**written, **environ})}
    for name, value in values:
        if name.removeprefix(PREFIX).lower() in changes:
            source = "flag"
        elif environ.get(name):
            source = "environment"
        elif written.get(name):
            source = str(path)
        elif name in borrowed:
            source = "alias"
        else:
            source = "default"
        yield Setting(name, value, source)
