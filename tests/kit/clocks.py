"""A clock that tests move, so that nobody waits for an end."""

from collections.abc import Callable
from datetime import datetime


class MovedClock:
    """Goes with another clock until it is moved; then it stands."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._at: datetime | None = None

    def __call__(self) -> datetime:
        """Return the time."""
        return self._at or self._clock()

    def move_to(self, at: datetime) -> None:
        """Stand at a time."""
        self._at = at
