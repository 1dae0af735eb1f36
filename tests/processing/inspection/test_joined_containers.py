"""Recordings joined by `cat` in FLV, ASF and Ogg: all headers are found, and what does not play is told."""

import os
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.inspection.parts import MAX_PARTS, parts_of
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.inspection.starts import BLOCK, starts_of
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from efir.domain.processing.ladder import plan
from efir.domain.processing.source_facts import MediaPartsUnlike
from kit.media.sources import ffmpeg

pytestmark = pytest.mark.sampled(every=3)

RATE = 48_000
FLV = b"FLV\x01\x05\0\0\0\x09\0\0\0\0"
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + bytes(12) + b"\x01\x02"
FILLER = b"FLV\x01 OggS 3026 " + bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")


def page(*, begins: bool, segments: int = 1) -> bytes:
    return b"OggS\0" + bytes([2 * begins]) + bytes(20) + bytes([segments]) + b"\x05" * segments + b"x" * 5 * segments


def found(data: bytes, demuxer: str) -> list[int]:
    with os.fdopen(os.memfd_create("joined"), "w+b") as file:
        file.write(data)
        file.flush()
        return starts_of(file.fileno(), demuxer)


@pytest.mark.parametrize(("demuxer", "head"), [("flv", FLV), ("asf", ASF)])
@given(sizes=st.lists(st.integers(64, 3000), min_size=1, max_size=6), far=st.integers(-70, 70))
def test_every_header_begins_a_recording(demuxer: str, head: bytes, sizes: list[int], far: int) -> None:
    """One of them lies around the end of a block, where a search in pieces would miss it."""
    parts = [head + (FILLER * size)[:size] for size in sizes]
    parts[0] += bytes(BLOCK - len(parts[0]) + far)
    expected = [0, *accumulate(map(len, parts[:-1]))]
    assert found(b"".join(parts), demuxer) == expected


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 20)), min_size=1, max_size=6), st.integers(1, 255))
def test_the_first_pages_of_all_streams_begin_one_link_of_a_chain(links: list[tuple[int, int]], segments: int) -> None:
    data, expected = b"", []
    for streams, pages in links:
        expected.append(len(data))
        data += page(begins=True, segments=segments) * streams + page(begins=False) * (pages + 4)
    assert found(data, "ogg") == expected


def test_other_containers_have_no_mark() -> None:
    assert found((FLV + ASF) * 3, "matroska") == [0]


def test_pieces_that_all_repeat_the_header_are_no_recordings() -> None:
    with os.fdopen(os.memfd_create("pieces"), "w+b") as file:
        file.write((FLV + bytes(60)) * (MAX_PARTS + 1))
        file.flush()
        assert len(parts_of(file.fileno(), "flv")) == 1


def ogg(folder: Path, name: str, *, hertz: int = 400, quality: int = 3, what: str = "av") -> bytes:
    """Return a recording; each has serial numbers of its own, as RFC 3533 asks for."""
    file = folder / f"{name}.ogv"
    picture = "-f lavfi -i testsrc2=size=64x36:rate=10:duration=1"
    sound = f"-f lavfi -i sine=frequency={hertz}:sample_rate={RATE}:duration=1"
    inputs = [words for kind, words in (("v", picture), ("a", sound)) if kind in what]
    codecs = f"-c:v libtheora -c:a libvorbis -q:a {quality} -serial_offset {hertz + quality}"
    ffmpeg(*" ".join(inputs).split(), *codecs.split(), file)
    return file.read_bytes()


async def test_a_chain_of_ogg_plays_to_its_end(converter: FfmpegConverter, probe: ConfinedProbe, out: Path) -> None:
    film = out / "film.ogv"
    tones = (400, 900, 1700)
    film.write_bytes(b"".join(ogg(out, str(hertz), hertz=hertz) for hertz in tones))
    facts = await probe.probe(film)
    assert (facts.video.frames, facts.duration) == (30, pytest.approx(3, abs=0.05))
    (out / "sound").mkdir()
    track = await converter.encode_audio(film, facts, plan(facts), out / "sound", lambda _: None)
    heard = np.frombuffer(ffmpeg("-i", join(track, out / "sound.mp4"), "-ac", "1", "-f", "f32le", "-"), dtype="<f4")
    for second, hertz in enumerate(tones):
        part = heard[second * RATE + RATE // 5 :][: RATE // 2]
        spectrum = np.abs(np.fft.rfft(part))
        assert np.argmax(spectrum) * 2 == pytest.approx(hertz, abs=4)


UNLIKE = {
    "sound of other tables": {"quality": 8},
    "no sound": {"what": "v"},
    "no picture": {"what": "a"},
}


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("second", UNLIKE.values(), ids=UNLIKE)
async def test_a_chain_of_unlike_recordings_is_refused_by_what_it_is(
    probe: ConfinedProbe, out: Path, second: dict[str, object], *, swapped: bool
) -> None:
    parts = [ogg(out, "one", hertz=300), ogg(out, "two", **second)]  # type: ignore[arg-type]  # as named above
    (out / "film.ogv").write_bytes(b"".join(parts[::-1] if swapped else parts))
    with pytest.raises(MediaPartsUnlike):
        await probe.probe(out / "film.ogv")
