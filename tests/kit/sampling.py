"""Long lists of examples: the ordinary tests try some of them, `just media` tries all."""

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(examples: Iterable[Any], *, every: int) -> list[Any]:
    """Return the values of one parameter: each `every`-th is ordinary, beginning with the first; the rest is slow."""
    return [
        example if at % every == 0 else pytest.param(example, marks=pytest.mark.slow)
        for at, example in enumerate(examples)
    ]
