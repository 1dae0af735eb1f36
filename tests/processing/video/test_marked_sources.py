"""Clips whose every frame says its number, through the converter: the judge reads what was published.

A name that fails says what came out; `kit.media.marked_cases.CASES[name]` makes the clip. `just media` takes all these
names, `just conformance` all there are.
"""

from pathlib import Path

import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from kit.media.judging import joined_looks, judge, judge_source
from kit.media.marked_cases import CASES, NOT_AS_STORED, SHORT, USUAL
from kit.media.publishing import publish

pytestmark = pytest.mark.sampled(every=12)


@pytest.mark.parametrize("name", SHORT)
async def test_what_is_published_is_what_the_source_shows(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, name: str
) -> None:
    file, truth = CASES[name](out)
    published = await publish(converter, probe, file, out, seams=True)
    faults = judge(published, truth, out)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", [name for name in SHORT if name not in NOT_AS_STORED])
def test_the_clips_themselves_say_what_they_should(tmp_path: Path, name: str) -> None:
    """Decoded by a library, without us: what is found wrong above is wrong with the converter, not with the clip."""
    file, truth = CASES[name](tmp_path)
    assert judge_source(file, truth, USUAL) == []


@pytest.mark.slow
@pytest.mark.parametrize("curve", ["hlg", "pq"])
async def test_high_range_colours_look_alike_in_full_and_in_limited_range(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, curve: str
) -> None:
    looks = []
    for name in (f"colours: {curve}", f"colours: {curve}-full"):
        folder = out / name.replace(": ", "-")
        folder.mkdir()
        file, _ = CASES[name](folder)
        looks.append(joined_looks(await publish(converter, probe, file, folder), folder))
    for name, colour in looks[0].items():
        assert looks[1][name] == pytest.approx(colour, abs=0.04), name
