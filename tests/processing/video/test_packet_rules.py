"""Every kind of source becomes packets that keep the rules of players: ladder, first rung, copy and sound."""

from pathlib import Path

import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from kit.media.judging import judge_packets
from kit.media.publishing import publish
from kit.media.sources import KINDS, source

pytestmark = pytest.mark.sampled(every=5)


@pytest.mark.parametrize("name", [name for name in KINDS if name != "sound.mp4"])
async def test_packets_keep_the_rules(converter: FfmpegConverter, probe: ConfinedProbe, out: Path, name: str) -> None:
    published = await publish(converter, probe, source(name), out, seams=True)
    faults = judge_packets(published)
    assert not faults, "\n".join(faults)
