"""What is copied is looked at: a copy that a player would stop in, or that goes by wrong lengths, is none."""

from pathlib import Path

import av
import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.boxes import BoxesBroken, read_init, read_segment
from efir.adapters.media.video.converter import FfmpegConverter
from efir.domain.processing.source_facts import RenditionDamaged
from kit.media.judging import judge
from kit.media.marked_cases import clip_of, just
from kit.media.publishing import publish

DEFAULT_DURATION = bytes.fromhex("23e38384")
BILLION = 1_000_000_000


def told_to_last(file: Path, nanoseconds: int) -> Path:
    """Let a Matroska header tell that every picture lasts as long."""
    data = bytearray(file.read_bytes())
    at = data.index(DEFAULT_DURATION) + len(DEFAULT_DURATION)
    data[at : at + 4] = nanoseconds.to_bytes(4, "big")
    file.write_bytes(data)
    return file


async def test_pictures_that_are_told_to_last_a_second_are_not_copied_a_second_long(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path
) -> None:
    file, truth = just(clip_of("mkv", "libx264", "flac"))(out)
    published = await publish(converter, probe, told_to_last(file, BILLION), out)
    assert published.copied is not None
    assert judge(published, truth, out) == []
    last = published.copied.video.segments[-1]
    assert (last.start_ticks + last.ticks) / published.copied.video.timescale == pytest.approx(2, abs=0.002)


async def test_no_copy_goes_by_times_of_decoding_that_were_guessed_from_wrong_lengths(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path
) -> None:
    file, truth = just(clip_of("mkv", "libx264", "flac", options={"preset": "veryfast", "bf": "3"}))(out)
    told_to_last(file, BILLION)
    with pytest.raises(RenditionDamaged, match="ends"):
        await converter.copy(file, await probe.probe(file), out, lambda _: None)
    (out / "again").mkdir()
    published = await publish(converter, probe, file, out / "again", copy_must=False)
    assert published.copied is None
    assert judge(published, truth, out) == []


async def test_an_emptied_stretch_is_not_copied(converter: FfmpegConverter, probe: ConfinedProbe, out: Path) -> None:
    file, _ = just(clip_of("mkv", "libx264", "flac"))(out)
    data = bytearray(file.read_bytes())
    with av.open(str(file)) as container:
        packets = [packet for packet in container.demux(container.streams.video[0]) if packet.size]
        content = bytes(packets[20])
    at = data.index(content)
    data[at : at + len(content)] = bytes(len(content))
    file.write_bytes(data)
    with pytest.raises(RenditionDamaged, match="unit"):
        await converter.copy(file, await probe.probe(file), out, lambda _: None)


async def test_a_unit_without_content_is_none(converter: FfmpegConverter, probe: ConfinedProbe, out: Path) -> None:
    file, _ = just(clip_of())(out)
    copied = await converter.copy(file, await probe.probe(file), out, lambda _: None)
    init = read_init(copied.video.init.path.read_bytes())
    data = bytearray(copied.video.segments[0].file.path.read_bytes())
    assert read_segment(data, init, foreign=True).samples
    at = data.index(b"mdat") + 4
    first = int.from_bytes(data[at : at + 4], "big")
    data[at : at + 4] = (first - 4).to_bytes(4, "big")  # what follows is the length of another unit
    data[at + first : at + first + 4] = bytes(4)
    with pytest.raises(BoxesBroken, match="without content"):
        read_segment(data, init, foreign=True)
