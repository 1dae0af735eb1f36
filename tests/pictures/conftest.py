"""Fixtures for tests of pictures."""

from kit.fixtures.media import box, boxes, converter, out, probe, probed, tool

__all__ = ["box", "boxes", "converter", "out", "probe", "probed", "tool"]
