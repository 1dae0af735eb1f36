"""Forms: what was typed, what is wrong with it, and where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request

from efir.drivers._asgi import route_options

FORM = route_options.FORM


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong; an empty field name means the form as a whole."""

    field: str
    text: str


@dataclass(frozen=True)
class Form:
    """A form as a page shows it."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Problem, ...] = ()

    def value(self, name: str) -> str:
        """What was typed into a field."""
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """What is wrong with a field, or nothing."""
        return next((problem.text for problem in self.errors if problem.field == name), "")


async def read_typed(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Read the texts of a sent form; files do not count."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}
