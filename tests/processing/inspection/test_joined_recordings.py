"""Recordings joined to one MP4 as `cat` does it: read one after another where they are alike, else refused in words."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.inspection.parts import MAX_PARTS, Window, parts_of
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.domain.processing.source_facts import MediaPartsUnlike
from kit.media.marked_cases import PIECES, clip_of, joined
from kit.media.marked_sources import Clip, Form

pytestmark = pytest.mark.sampled(every=3)


def box(kind: bytes, size: int) -> bytes:
    """Return a box with nothing in it."""
    return (8 + size).to_bytes(4, "big") + kind + bytes(size)


def found(data: bytes) -> Sequence[tuple[int, int, int]]:
    """Return the recordings in some bytes."""
    with os.fdopen(os.memfd_create("boxes"), "w+b") as file:
        file.write(data)
        file.flush()
        return parts_of(file.fileno(), "mov")


sizes = st.integers(0, 40)


@given(st.lists(st.tuples(st.sampled_from(["header first", "header last", "pieces"]), sizes), min_size=1, max_size=8))
def test_every_recording_begins_with_its_type_and_has_a_header(kinds: list[tuple[str, int]]) -> None:
    data, expected = b"", []
    for kind, size in kinds:
        head, media = box(b"moov", size), box(b"free", 3) + box(b"mdat", size)
        start, front = len(data), box(b"ftyp", 12)
        begin = len(front + head) if kind == "pieces" else -1
        parts = {"header first": head + media, "header last": media + head}
        data += front + parts.get(kind, head + (box(b"moof", 20) + media) * 2)
        expected.append((start, len(data), begin))
    assert found(data) == expected


@pytest.mark.parametrize(
    "data", [b"", b"\0", box(b"mdat", 5), box(b"moov", 5)[:9], (1 << 31).to_bytes(4, "big") + b"moov"]
)
def test_what_has_no_second_header_is_one(data: bytes) -> None:
    assert found(data) == [(0, len(data), -1)]


def test_pieces_that_all_repeat_the_header_are_no_recordings() -> None:
    piece = box(b"ftyp", 4) + box(b"moov", 4) + box(b"moof", 4) + box(b"mdat", 4)
    assert len(found(piece * MAX_PARTS)) == MAX_PARTS
    assert len(found(piece * (MAX_PARTS + 1))) == 1


@given(st.binary(max_size=60), st.data())
def test_a_window_is_a_file_of_its_own(data: bytes, drawn: st.DataObject) -> None:
    start = drawn.draw(st.integers(0, len(data)))
    with os.fdopen(os.memfd_create("whole"), "w+b") as file:
        file.write(b"before" + data + b"after")
        file.flush()
        [part] = parts_of(file.fileno(), "mov")
        window = Window(file.fileno(), part._replace(start=6, end=6 + len(data)))
        assert window.seek(0, os.SEEK_END) == len(data)
        assert window.seek(start) == start
        assert window.read(3) + window.read(1000) == data[start:]
        assert window.seek(-len(data), os.SEEK_CUR) == 0
        assert window.read() == data


UNLIKE = {
    "another codec of pictures": clip_of(picture="libx265", muxing=PIECES),
    "another codec of sound": clip_of(sound="flac", muxing=PIECES),
    "no sound": clip_of(sound=None, muxing=PIECES),
}


@pytest.mark.parametrize("second", UNLIKE.values(), ids=UNLIKE)
async def test_recordings_of_different_kinds_are_refused(probe: ConfinedProbe, tmp_path: Path, second: Clip) -> None:
    file, _ = joined(clip_of(muxing=PIECES), second)(tmp_path)
    with pytest.raises(MediaPartsUnlike):
        await probe.probe(file)


async def test_the_largest_of_the_recordings_is_the_size(probe: ConfinedProbe, tmp_path: Path) -> None:
    small, large = (clip_of(muxing=PIECES, forms=(Form(width=wide, height=wide // 2),)) for wide in (128, 256))
    file, _ = joined(small, large, small)(tmp_path)
    facts = await probe.probe(file)
    assert (facts.video.width, facts.video.height, facts.video.frames) == (256, 128, 150)
