"""Fixtures for tests of videos."""

from kit.fixtures.media import box, boxes, converter, out, probe, probed, tool
from kit.fixtures.processing import told

__all__ = ["box", "boxes", "converter", "out", "probe", "probed", "told", "tool"]
