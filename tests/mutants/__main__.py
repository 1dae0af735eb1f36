"""Plant faults in a copy of the tree, one at a time, and see which tests fail.

    cd tests && python -m mutants [--effort short|full] [--seed N] [--only EXPRESSION] [--generated N]

Fails when a planted fault survives or has lost its place, and when the tests of the domain catch less than `BOUND` of a
sample of generated ones.
"""

import argparse
import os
import queue
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from mutants import generated, planted
from mutants.copies import Copy, Outcome

WORKERS = os.cpu_count() or 1
BOUND = 0.3  # samples caught half, and twenty are a small sample; raise it with the tests
GENERATED = {"short": 20, "full": 100}
T = TypeVar("T")
FEW = ("--noconftest", "-p", "mutants.few_examples", "--timeout", "60")


def main() -> int:
    """Return 0 when the tests bite."""
    wanted = _arguments()
    with _copies() as copies, ThreadPoolExecutor(WORKERS) as pool:
        held = _planted(wanted, copies, pool)
        return 0 if _generated(wanted, copies, pool) and held else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--effort", choices=("short", "full"), default="full")
    parser.add_argument(
        "--seed", type=int, default=datetime.now(UTC).toordinal(), help="which sample; today's by default"
    )
    parser.add_argument("--only", default="", help="planted faults whose rule or file matches this expression")
    parser.add_argument("--generated", type=int, help="how many generated ones")
    wanted = parser.parse_args()
    if wanted.generated is None:
        wanted.generated = 0 if wanted.only else GENERATED[wanted.effort]
    return wanted


def _planted(wanted: argparse.Namespace, copies: "queue.Queue[Copy]", pool: ThreadPoolExecutor) -> bool:
    every = [fault for fault in planted.faults() if re.search(wanted.only, f"{fault.rule} {fault.file}")]
    chosen = planted.sample(every, wanted.seed) if wanted.effort == "short" else every
    if not chosen:
        return wanted.generated > 0
    with _borrowed(copies) as copy:
        sound = copy.run(sorted({fault.test for fault in chosen}), "--timeout", "120")
    if sound.word != "survived":
        print(f"without any fault: {sound.word}\n{sound.told[-4000:]}")
        return False

    def tried(fault: planted.Fault) -> Outcome:
        try:
            text = fault.text()
        except LookupError as lost:
            return Outcome("broken", str(lost))
        with _borrowed(copies) as copy, copy.planted(fault.file, text):
            return copy.run([fault.test], "--timeout", "120")

    return _told(chosen, tried, pool, lambda fault: f"{fault.rule} · {fault.file} · {fault.test}") == len(chosen)


def _generated(wanted: argparse.Namespace, copies: "queue.Queue[Copy]", pool: ThreadPoolExecutor) -> bool:
    chosen = generated.sample(generated.mutants(), wanted.generated, wanted.seed)
    if not chosen:
        return True

    def tried(mutant: generated.Mutant) -> Outcome:
        tests = generated.tests_of(mutant.file)
        if not tests:
            return Outcome("survived", "no test of the domain loads it")
        with _borrowed(copies) as copy, copy.planted(mutant.file, mutant.text()):
            return copy.run(tests, *FEW)

    rate = _told(chosen, tried, pool, str) / len(chosen)
    print(f"generated, seed {wanted.seed}: {rate:.0%} of {len(chosen)} caught, at least {BOUND:.0%} asked for")
    return rate >= BOUND


def _told(
    chosen: Sequence[T], tried: Callable[[T], Outcome], pool: ThreadPoolExecutor, name: Callable[[T], str]
) -> int:
    """Try all and print each; return how many were caught."""
    began = time.monotonic()
    caught = 0
    for one, outcome in zip(chosen, pool.map(tried, chosen), strict=True):
        caught += outcome.word == "caught"
        print(f"{outcome.word:8}  {name(one)}", flush=True)
        if outcome.word == "broken":
            print(outcome.told[-3000:])
    print(f"{caught} of {len(chosen)} caught in {time.monotonic() - began:.0f} s")
    return caught


@contextmanager
def _copies() -> "Iterator[queue.Queue[Copy]]":
    home = Path(tempfile.mkdtemp(prefix="efir-mutants-"))
    home.chmod(0o711)
    try:
        copies: queue.Queue[Copy] = queue.Queue()
        for number in range(WORKERS):
            copies.put(Copy(home / str(number)))
        yield copies
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _borrowed(copies: "queue.Queue[Copy]") -> Iterator[Copy]:
    copy = copies.get()
    try:
        yield copy
    finally:
        copies.put(copy)


if __name__ == "__main__":
    sys.exit(main())
