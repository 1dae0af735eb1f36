"""Recordings of other settings joined to one file: pictures and sound go on without a gap or a loss at each joint.

One encoder reorders pictures and shows them later than they are decoded, the other does not; the headers differ too.
"""

from pathlib import Path

import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from kit.media.judging import judge
from kit.media.marked_cases import clip_of, joined
from kit.media.publishing import publish

pytestmark = pytest.mark.sampled(every=5)

PRIMING = "(1 fiftieths)"  # of silence at a joint: what the encoder put in front, where no container leaves it out
ORDERS = {"plain, reordered": (0, 3), "reordered, plain": (3, 0), "reordered, plain, reordered": (3, 0, 3)}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("container", ["mp4", "flv", "ts", "mkv"])
async def test_nothing_is_lost_where_recordings_of_other_settings_meet(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, container: str, order: tuple[int, ...]
) -> None:
    clips = [clip_of(container, options={"preset": "veryfast", "bf": str(count)}) for count in order]
    file, truth = joined(*clips)(out)
    published = await publish(converter, probe, file, out, seams=True)
    faults = [fault for fault in judge(published, truth, out) if PRIMING not in fault]
    assert not faults, "\n".join(faults)
