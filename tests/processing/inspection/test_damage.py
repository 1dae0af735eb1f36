"""Damage that every recorder and every download makes: one bad packet ends nothing, and lengths stay equal."""

from fractions import Fraction
from pathlib import Path
from random import Random

import av
import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from kit.media.damage import CONTAINERS, REFUSED, RIGHT, answer, beside_a_player, damaged
from kit.media.judging import hear, judge_packets, judge_step, see
from kit.media.marked_cases import CASES, clip_of
from kit.media.marked_sources import make
from kit.media.publishing import publish

pytestmark = pytest.mark.sampled(every=4)


def spoilt(file: Path, kind: str, places: set[int]) -> Path:
    """Fill the content of some packets of one kind of track with rubbish; nothing else of the file changes."""
    chance, data = Random(7), bytearray(file.read_bytes())  # noqa: S311  # rubbish, no secret
    with av.open(str(file)) as container:
        stream = container.streams.audio[0] if kind == "audio" else container.streams.video[0]
        for place, packet in enumerate(container.demux(stream)):
            if place in places and packet.pos is not None and packet.size > 8:
                content = bytes(packet)
                at = data.find(content[4:], packet.pos)  # before it stand headers of the container
                data[at : at + len(content) - 4] = chance.randbytes(len(content) - 4)
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    "coding", ["plain libx264 in mp4", "plain libx264 in mkv", "plain flv in flv", "plain mpeg4 in avi"]
)
async def test_one_bad_packet_of_sound_ends_nothing(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, coding: str
) -> None:
    file, truth = CASES[coding](out)
    published = await publish(converter, probe, spoilt(file, "audio", {20}), out, copy_must=False)
    assert published.audio is not None
    seen = see(join(published.rungs[0], out / "rung.mp4"))
    heard = hear(join(published.audio, out / "audio.mp4"))
    faults = [*judge_packets(published), *judge_step(seen, heard, truth, Fraction(25))]
    assert not faults, "\n".join(faults)


async def test_one_bad_picture_ends_nothing(converter: FfmpegConverter, probe: ConfinedProbe, out: Path) -> None:
    file, _ = CASES["plain libx264 in mkv"](out)
    spoilt(file, "video", {20})
    published = await publish(converter, probe, file, out, copy_must=False)
    faults = judge_packets(published) + beside_a_player(file, see(join(published.rungs[0], out / "rung.mp4")))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
async def test_a_mostly_damaged_flv_has_picture_and_sound_of_one_length_or_is_refused(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, share: float
) -> None:
    file = make(clip_of("flv", "libx264", "aac", seconds=Fraction(4)), out / "clip.flv")
    chance, data = Random(str(share)), bytearray(file.read_bytes())  # noqa: S311  # places of damage, no secret
    for place in range(200, len(data), 200):
        if chance.random() < share:
            data[place : place + 100] = chance.randbytes(len(data[place : place + 100]))
    file.write_bytes(data)
    said = await answer(converter, probe, file, out, seconds=60, judge=lambda *_: [])
    assert said.kind in {RIGHT, REFUSED}, said.why


@pytest.mark.parametrize("container", CONTAINERS)
async def test_damage_is_refused_in_a_sentence_or_shown_as_players_show_it(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, container: str
) -> None:
    file, _ = CASES[CONTAINERS[container]](out)
    content, sort = damaged(file.read_bytes(), f"{container} first")
    file.write_bytes(content)
    said = await answer(converter, probe, file, out, seconds=60, judge=beside_a_player)
    assert said.kind in {RIGHT, REFUSED}, f"{sort}: {said.why}"
