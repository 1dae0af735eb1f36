"""A circuit breaker for failing sources, and a limit of retries."""

from collections import deque
from collections.abc import Callable

from efir.domain.quiz import QuestionSourceUnavailable

FAILURES = 5  # failures within `WINDOW` open the breaker
WINDOW = 30.0  # seconds; an open breaker lets one call through in each such period
FIRST_RETRIES = 3
RETRY_SHARE = 0.1  # of all calls of the process


class Breaker:
    """Opens after several failures in a short time; one success closes it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._open = False
        self._probed_at = 0.0

    def check(self) -> None:
        """Let a call through. Raises QuestionSourceUnavailable while open, except for one probe per window."""
        if not self._open:
            return
        now = self._clock()
        if now - self._probed_at < WINDOW:
            raise QuestionSourceUnavailable(retry_after=max(1, round(WINDOW - (now - self._probed_at))))
        self._probed_at = now

    def note_failure(self) -> None:
        """Record a failure."""
        now = self._clock()
        self._failures.append(now)
        if len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW:
            if not self._open:
                self._probed_at = now
            self._open = True

    def note_success(self) -> None:
        """Record a success."""
        self._failures.clear()
        self._open = False


class Retries:
    """Limits retries to a share of all calls, so that a failing source does not get more calls than a healthy one."""

    def __init__(self) -> None:
        self._calls = 0
        self._retries = 0

    def count_call(self) -> None:
        """Count a call."""
        self._calls += 1

    def try_repeat(self) -> bool:
        """Count a retry if it is within the share; return whether it is."""
        if self._retries >= FIRST_RETRIES + RETRY_SHARE * self._calls:
            return False
        self._retries += 1
        return True
