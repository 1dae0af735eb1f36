"""Containers that say only when a picture is decoded: every picture is shown in its place all the same."""

from pathlib import Path

import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from kit.media.judging import see
from kit.media.marked_cases import CASES
from kit.media.publishing import publish

pytestmark = pytest.mark.sampled(every=3)

NAMES = [name for name in CASES if name.startswith("B-frames in ")]


@pytest.mark.parametrize("name", NAMES)
async def test_every_picture_is_in_its_place(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, name: str
) -> None:
    """The judge allows for one picture at each end; a decoder that is one picture late has to be seen here."""
    file, truth = CASES[name](out)
    published = await publish(converter, probe, file, out)
    shown = see(join(published.rungs[0], out / "shown.mp4"))
    assert [each.reading.number for each in shown] == [mark.number for mark in truth.marks]
    assert published.facts.video.start == 0
    assert published.copied is None
