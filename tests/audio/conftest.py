"""Fixtures for tests of recordings."""

from kit.fixtures.media import box, boxes, converter, out, probe, probed, tool
from kit.fixtures.pages import ada

__all__ = ["ada", "box", "boxes", "converter", "out", "probe", "probed", "tool"]
