"""Ten minutes in seconds: cuts, sound and stills that hold for ten seconds must hold for any length."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.domain.processing.ladder import Plan
from kit.media.long_sources import Long, judge_long, make_long
from kit.media.publishing import publish

NTSC = Fraction(30_000, 1001)


def in_three(chosen: Plan) -> Plan:
    """Large chunks: starting a program for each of twenty-five would take longer than their frames."""
    segments = -(-chosen.segments // 3)
    return replace(chosen, chunk=segments * chosen.segment) if chosen.chunks > 1 else chosen


@pytest.mark.slow
@pytest.mark.parametrize(
    "long",
    [
        Long(container="mkv", rate=NTSC, seconds=200),
        Long(container="avi", rate=Fraction(25), seconds=600, sound=False),
        Long(container="avi", rate=Fraction(1), seconds=600),
    ],
    ids=["200 seconds of MKV in chunks at 29.97", "AVI, which is one chunk", "one frame a second"],
)
async def test_ten_minutes_are_cut_where_ten_seconds_are(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, long: Long
) -> None:
    source = make_long(long, out / f"long.{long.container}")
    published = await publish(converter, probe, source, out, choose=in_three)
    faults = judge_long(published, long, out)
    assert not faults, "\n".join(faults)
