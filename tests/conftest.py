"""What every run of tests has: servers where a test asks for one, and the order of the tests."""

import os
from collections import Counter

import hypothesis
import pytest

# `just fast` does without: a test that asks for a server or for the service fails there, as it finds no such fixture.
pytest_plugins = [] if os.environ.get("SERVERLESS") else ["kit.fixtures.shared_servers", "kit.fixtures.instance"]
hypothesis.settings.register_profile("ordinary", deadline=None)  # a busy machine is no fault
hypothesis.settings.load_profile("ordinary")
hypothesis.settings.register_profile(
    "fast", max_examples=10, deadline=None
)  # of `just fast`; `just test` tries ten times as many
LONGEST = (
    "audio", "embedded", "browser", "cli", "documents", "processing", "quiz", "migrations", "uploads", "accounts",
    "auth", "pictures",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sample long lists of examples; begin with what takes longest, so that no worker is left alone with it."""
    examples = Counter[str]()
    for item in items:
        test = item.nodeid.partition("[")[0]
        sampled = item.get_closest_marker("sampled")
        if sampled is not None and examples[test] % sampled.kwargs["every"]:
            item.add_marker(pytest.mark.slow)
        examples[test] += 1
    items.sort(key=lambda item: next((at for at, name in enumerate(LONGEST) if f"/{name}/" in str(item.path)), 99))
