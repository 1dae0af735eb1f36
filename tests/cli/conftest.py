"""Fixtures for tests of commands."""

from kit.fixtures.cli import live, uploading

__all__ = ["live", "uploading"]
