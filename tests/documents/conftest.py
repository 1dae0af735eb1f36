"""Fixtures for tests of documents whose examples are run."""

from kit.fixtures.cli import live, uploading

__all__ = ["live", "uploading"]
