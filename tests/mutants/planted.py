"""Faults planted by hand: a rule that is broken, and the test that must say so."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from mutants.copies import TOP

TABLE = Path(__file__).with_name("planted.toml")
SHORT = 5


@dataclass(frozen=True)
class Fault:
    """A rule, the text in a file that holds it, the text that breaks it, and the test that must fail then."""

    rule: str
    file: str
    before: str
    after: str
    test: str

    def text(self, top: Path = TOP) -> str:
        """Return the whole file with the fault in it. Raises LookupError when its place is not there exactly once."""
        whole = (top / self.file).read_text(encoding="utf-8")
        if (times := whole.count(self.before)) != 1:
            raise LookupError(f"{self.rule}: the text to break stands {times} times in {self.file}")
        return whole.replace(self.before, self.after)


def faults() -> list[Fault]:
    """Read the table."""
    return [Fault(**row) for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["fault"]]


def sample(every: list[Fault], seed: int) -> list[Fault]:
    """Return some; with seeds that follow each other every fault has its turn."""
    first = seed * SHORT % len(every)
    return (every + every)[first : first + min(SHORT, len(every))]
