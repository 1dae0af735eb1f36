"""What every run of tests has: servers where a test asks for one, and the order of the tests."""

import os

import hypothesis
import pytest

# `just fast` does without: a test that asks for a server or for the service fails there, as it finds no such fixture.
pytest_plugins = [] if os.environ.get("SERVERLESS") else ["kit.fixtures.shared_servers", "kit.fixtures.instance"]
hypothesis.settings.register_profile("fast", max_examples=10)  # of `just fast`; `just test` tries ten times as many
LONGEST = (
    "audio", "embedded", "browser", "cli", "documents", "processing", "quiz", "migrations", "uploads", "accounts",
    "auth", "pictures",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: next((at for at, name in enumerate(LONGEST) if f"/{name}/" in str(item.path)), 99))
