"""A made rendition is spoilt in one way each; the check must name the fault."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from efir.adapters.media.video.converter import FfmpegConverter
from efir.domain.processing.ladder import Plan, plan
from efir.domain.processing.source_facts import RenditionDamaged
from efir.ports.processing.media import MediaFile, Segment, Track
from kit.fixtures.media import Probed
from kit.media.sources import source

Made = tuple[Plan, Track, Track]
Spoil = Callable[[Track], Track]


@pytest.fixture(scope="module")
async def made(
    converter: FfmpegConverter, probed: Probed, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Plan, Track, Track]:
    """A rung of three segments and its sound, from nine seconds."""
    facts = await probed("seams.mp4")
    chosen = plan(facts)
    out = tmp_path_factory.mktemp("made")
    part = await converter.encode_chunk(
        source("seams.mp4"), facts, chosen, 0, chosen.rungs, out, lambda _: None, fast=True
    )
    return chosen, part.tracks[0], await converter.encode_audio(source("seams.mp4"), facts, chosen, out, lambda _: None)


@pytest.fixture
def fresh(made: Made, out: Path) -> Made:
    """The same in files that may be spoilt."""
    chosen, video, audio = made
    return chosen, moved(video, out), moved(audio, out)


def moved(track: Track, out: Path) -> Track:
    folder = out / track.name
    folder.mkdir()

    def copy(file: MediaFile) -> MediaFile:
        shutil.copyfile(file.path, folder / file.path.name)
        return msgspec.structs.replace(file, path=folder / file.path.name)

    segments = tuple(msgspec.structs.replace(segment, file=copy(segment.file)) for segment in track.segments)
    return msgspec.structs.replace(track, init=copy(track.init), segments=segments)


def without(track: Track, ordinal: int) -> Track:
    segments = tuple(segment for segment in track.segments if segment.ordinal != ordinal)
    return msgspec.structs.replace(track, segments=segments)


def changed(track: Track, ordinal: int, change: Callable[[bytes], bytes], *, known: bool) -> Track:
    """Change a segment's bytes; when the change is `known`, its recorded digest follows."""

    def spoil(segment: Segment) -> Segment:
        if segment.ordinal != ordinal:
            return segment
        data = change(segment.file.path.read_bytes())
        segment.file.path.write_bytes(data)
        if not known:
            return segment
        file = MediaFile(path=segment.file.path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        return msgspec.structs.replace(segment, file=file)

    return msgspec.structs.replace(track, segments=tuple(spoil(segment) for segment in track.segments))


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 0x55 for byte in data[middle : middle + 400]) + data[middle + 400 :]


def zeroed_start(data: bytes) -> bytes:
    """The first picture is gone, the boxes are whole."""
    at = data.index(b"mdat") + 4
    return data[:at] + bytes(3000) + data[at + 3000 :]


def swapped(track: Track) -> Track:
    first, second, *rest = track.segments
    return msgspec.structs.replace(track, segments=(second, first, *rest))


def unlinked(track: Track) -> Track:
    track.segments[1].file.path.unlink()
    return track


def misplaced(track: Track) -> Track:
    """Two segments change files, digests and all, but keep their numbers."""
    first, second, third = track.segments
    one = msgspec.structs.replace(second, file=third.file)
    two = msgspec.structs.replace(third, file=second.file)
    return msgspec.structs.replace(track, segments=(first, one, two))


FAULTS: dict[str, tuple[Spoil, int]] = {
    "first missing": (lambda track: without(track, 0), 0),
    "middle missing": (lambda track: without(track, 1), 1),
    "last missing": (lambda track: without(track, 2), 2),
    "out of order": (swapped, -1),
    "file missing": (unlinked, 1),
    "another's file": (misplaced, 1),
    "bytes changed": (lambda track: changed(track, 1, flipped, known=False), 1),
    "cut short": (lambda track: changed(track, 1, lambda data: data[:-1000], known=False), 1),
    "cut short before it was measured": (lambda track: changed(track, 2, lambda data: data[:-1000], known=True), 2),
    "emptied before it was measured": (lambda track: changed(track, 2, lambda _: b"", known=True), 2),
    "no key frame": (lambda track: changed(track, 1, zeroed_start, known=True), 1),
    "damaged before it was measured": (lambda track: changed(track, 0, flipped, known=True), -1),
}


async def test_what_was_made_passes(converter: FfmpegConverter, fresh: Made, out: Path) -> None:
    chosen, video, audio = fresh
    await converter.check(chosen, [video, audio], out)


@pytest.mark.parametrize(("spoil", "ordinal"), FAULTS.values(), ids=FAULTS)
async def test_a_fault_is_found_and_named(
    converter: FfmpegConverter, fresh: Made, out: Path, spoil: Spoil, ordinal: int
) -> None:
    chosen, video, audio = fresh
    with pytest.raises(RenditionDamaged) as caught:
        await converter.check(chosen, [spoil(video), audio], out)
    assert caught.value.track == video.name
    assert caught.value.ordinal == ordinal


async def test_sound_that_ends_early_is_found(converter: FfmpegConverter, fresh: Made, out: Path) -> None:
    chosen, video, audio = fresh
    with pytest.raises(RenditionDamaged, match="sound ends"):
        await converter.check(chosen, [video, without(audio, len(audio.segments) - 1)], out)


async def test_a_rendition_of_another_plan_is_found(converter: FfmpegConverter, fresh: Made, out: Path) -> None:
    chosen, video, _ = fresh
    longer = replace(chosen, frames=chosen.frames + 5)
    with pytest.raises(RenditionDamaged, match="frames instead of"):
        await converter.check(longer, [video], out)
