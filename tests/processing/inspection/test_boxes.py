from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.video import boxes
from efir.adapters.media.video.boxes import BoxesBroken, InitFacts
from kit.media.sources import ffmpeg, source


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """An init file and a segment, straight from ffmpeg."""
    folder = tmp_path_factory.mktemp("boxes")
    hls = "-f hls -hls_segment_type fmp4 -hls_time 1 -hls_playlist_type vod -hls_fmp4_init_filename init.mp4"
    options = "-hls_segment_options use_editlist=0:movflags=+frag_discont+negative_cts_offsets -output_ts_offset 10"
    segments = ["-hls_segment_filename", folder / "%d.m4s"]
    ffmpeg("-i", source("silent.mp4"), "-c", "copy", *options.split(), *hls.split(), *segments, folder / "list.m3u8")
    return (folder / "init.mp4").read_bytes(), (folder / "0.m4s").read_bytes()


def test_an_init_file_tells_codec_size_and_clock(files: tuple[bytes, bytes]) -> None:
    init = boxes.read_init(files[0])
    assert (init.kind, init.width, init.height, init.timescale) == ("video", 320, 180, 12800)
    assert init.codecs.startswith("avc1.42c0")


def test_a_segment_tells_time_and_frames(files: tuple[bytes, bytes]) -> None:
    init = boxes.read_init(files[0])
    facts = boxes.read_segment(files[1], init)
    assert (facts.start_ticks, facts.ticks, facts.samples, facts.independent) == (128_000, 25_600, 50, True)


def test_rebasing_moves_the_clock_and_nothing_else(files: tuple[bytes, bytes]) -> None:
    init = boxes.read_init(files[0])
    data = bytearray(files[1])
    boxes.rebase(data, 10 * init.timescale, 8)
    assert boxes.read_segment(data, init).start_ticks == 0
    assert len(data) == len(files[1])
    assert sum(one != other for one, other in zip(data, files[1], strict=True)) <= 3 * 8 + 4
    with pytest.raises(BoxesBroken):
        boxes.rebase(data, 1, 8)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(BoxesBroken):
        boxes.read_init(data)
    with suppress(BoxesBroken):
        boxes.read_segment(data, INIT)
    with suppress(BoxesBroken):
        boxes.rebase(bytearray(data), 1, 1)


INIT = InitFacts(kind="video", codecs="", timescale=90_000, default_duration=1, default_flags=0, nal_length=4)


@given(st.data())
def test_changed_files_are_read_or_refused(files: tuple[bytes, bytes], data: st.DataObject) -> None:
    head = files[1][:700]
    for whole in (files[0], head):
        at = data.draw(st.integers(0, len(whole) - 4))
        spoilt = whole[:at] + data.draw(st.binary(min_size=1, max_size=4)) + whole[at + 4 :]
        with suppress(BoxesBroken):
            boxes.read_init(spoilt)
        with suppress(BoxesBroken):
            boxes.read_segment(spoilt, INIT)
        with suppress(BoxesBroken):
            boxes.rebase(bytearray(spoilt), 1, 1)


def test_a_count_without_end_is_refused_at_once() -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    run = box(b"trun", bytes(4) + b"\xff\xff\xff\xff")
    tracks = box(b"tfhd", bytes(8)) + box(b"tfdt", bytes(8)) + run
    moof = box(b"moof", box(b"mfhd", bytes(8)) + box(b"traf", tracks))
    with pytest.raises(BoxesBroken):
        boxes.read_segment(moof + box(b"mdat", b""), INIT)


def test_nothing_is_read_from_a_file_with_two_tracks(tmp_path: Path) -> None:
    both = tmp_path / "both.mp4"
    ffmpeg("-i", source("plain.mp4"), "-c", "copy", "-movflags", "+frag_keyframe+empty_moov", both)
    with pytest.raises(BoxesBroken, match="one track"):
        boxes.read_init(both.read_bytes())
