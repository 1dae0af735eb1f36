"""Scores of whole corpora: told by a test, printed at the end of the run, also where workers run the tests."""

from collections.abc import Callable
from functools import partial

import pytest

SCORE = "score"


@pytest.fixture
def tell_score(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Keep a line for the end of the run."""
    return partial(record_property, SCORE)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the lines that tests have kept."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call":
                for name, text in report.user_properties:
                    if name == SCORE:
                        terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")
