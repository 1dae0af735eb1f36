"""Fixtures for tests of pages in a browser."""

from kit.fixtures.pages import ada, browser, nothing_counted, site, tab, worker

__all__ = ["ada", "browser", "nothing_counted", "site", "tab", "worker"]
