"""Collection of field errors, so that a response reports all wrong fields at once."""

from collections.abc import Callable
from typing import TypeVar

from efir.domain.kernel.errors import FieldError, Invalid

T = TypeVar("T")


class ErrorCollector:
    """Collects the field errors of several parsers."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def attempt(self, parse: Callable[[], T]) -> T | None:
        """Return the result of `parse`, or None after collecting its errors."""
        try:
            return parse()
        except Invalid as error:
            self.errors.extend(error.errors)
            return None
