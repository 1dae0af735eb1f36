"""`efir auth calibrate`: the affordable cost of password hashes on this machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from efir.adapters.secrets.passwords import Cost, hasher
from efir.bootstrap.startup.settings_loading import load_settings
from efir.bootstrap.wiring.credentials import cost_of
from efir.drivers.cli.auth import Measured, auth_arguments, present

LEAST = 0.080  # seconds of one hash; a faster one is cheap to guess
MIN_PASSES, MAX_PASSES = 2, 32
ROUNDS = 3


def auth(argv: Sequence[str]) -> int:
    """Measure and propose a setting; change nothing."""
    changes, as_json = auth_arguments(argv)
    cost = cost_of(load_settings(changes).limits)
    found = calibrate(cost, lambda passes: seconds_of(replace(cost, passes=passes)))
    present(found, now=cost.passes, memory_kib=cost.memory_kib, as_json=as_json)
    return 0


def calibrate(cost: Cost, measure: Callable[[int], float]) -> list[Measured]:
    """Measure increasing numbers of passes until a hash is slow enough; the last one is the proposal."""
    found = []
    for passes in range(MIN_PASSES, MAX_PASSES + 1):
        found.append(Measured(passes=passes, seconds=measure(passes), memory_kib=cost.memory_kib))
        if found[-1].seconds >= LEAST:
            break
    return found


def seconds_of(cost: Cost) -> float:
    """Return the seconds of one hash: the shortest of several, because the others were disturbed."""
    made, times = hasher(cost), []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        made.hash("a long quiet evening")
        times.append(time.perf_counter() - started)
    return min(times)
