from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.inspection.formats.headers import demuxer
from efir.domain.processing.source_facts import MediaEmpty, MediaFormatRefused
from kit.media.sources import source

CONTAINERS = {
    "plain.mp4": "mov",
    "uneven.mkv": "matroska",
    "web.webm": "matroska",
    "old.avi": "avi",
    "broadcast.ts": "mpegts",
    "flash.flv": "flv",
    "interlaced.mpg": "mpeg",
    "theora.ogv": "ogg",
    "windows.wmv": "asf",
}
NO_VIDEO = {
    "text": b"just a text",
    "hls": b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:4,\nhttp://127.0.0.1/secret.ts\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "concat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(32),
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(32),
    "gif": b"GIF89a" + bytes(32),
    "avif": b"\x00\x00\x00\x1cftypavif" + bytes(32),
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(32),
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(32),
    "zip": b"PK\x03\x04" + bytes(64),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "sdp": b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n",
}


@pytest.mark.parametrize(("name", "expected"), CONTAINERS.items())
def test_a_container_is_told_by_its_bytes(name: str, expected: str) -> None:
    assert demuxer(source(name).read_bytes()[:65536]) == expected


@pytest.mark.parametrize("head", NO_VIDEO.values(), ids=NO_VIDEO)
def test_what_is_no_video_container_has_no_demuxer(head: bytes) -> None:
    with pytest.raises(MediaFormatRefused):
        demuxer(head)


def test_an_empty_file_is_named_so() -> None:
    with pytest.raises(MediaEmpty):
        demuxer(b"")


@given(st.text(min_size=1))
def test_no_text_is_a_video(text: str) -> None:
    if text[0] == "G" and text[188:189] == "G":
        return
    with pytest.raises(MediaFormatRefused):
        demuxer(("#" + text).encode())


@given(st.binary(min_size=1, max_size=600))
def test_any_bytes_get_an_answer(head: bytes) -> None:
    with suppress(MediaFormatRefused):
        assert demuxer(head) in {*CONTAINERS.values()}
