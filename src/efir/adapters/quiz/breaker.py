"""When a source that fails is left alone: a circuit breaker, and a bound on repeated calls."""

from collections import deque
from collections.abc import Callable

from efir.domain.quiz import QuestionSourceUnavailable

FAILURES = 5  # within
WINDOW = 30.0  # seconds open the breaker, which then lets one call through in each such time
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
        """Let a call through. Raises QuestionSourceUnavailable while open, but for one probe now and then."""
        if not self._open:
            return
        now = self._clock()
        if now - self._probed_at < WINDOW:
            raise QuestionSourceUnavailable(retry_after=max(1, round(WINDOW - (now - self._probed_at))))
        self._probed_at = now

    def note_failure(self) -> None:
        """Note a failure."""
        now = self._clock()
        self._failures.append(now)
        if len(self._failures) == FAILURES and now - self._failures[0] <= WINDOW:
            if not self._open:
                self._probed_at = now
            self._open = True

    def note_success(self) -> None:
        """Note a success."""
        self._failures.clear()
        self._open = False


class Retries:
    """Bounds repeated calls to a share of all calls, so that a failing source is not hit harder than a healthy one."""

    def __init__(self) -> None:
        self._calls = 0
        self._retries = 0

    def count_call(self) -> None:
        """Count a call."""
        self._calls += 1

    def try_repeat(self) -> bool:
        """Tell whether one more repetition is within the share, and count it."""
        if self._retries >= FIRST_RETRIES + RETRY_SHARE * self._calls:
            return False
        self._retries += 1
        return True
