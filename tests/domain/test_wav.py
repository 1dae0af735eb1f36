"""Headers of WAV files: the right plan, or a refusal with its code; never a crash, whatever the bytes."""

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audio import waves
from efir.domain.audio import AudioEmpty, AudioLimitsExceeded, NotWav, WavCodecUnsupported, WavMalformed
from efir.domain.errors import DomainError
from efir.domain.limits import Limits
from efir.domain.wav import Wav, adpcm_header, read_wav
from efir.domain.wav_format import Coding

LIMITS = Limits()
TONE = waves.integers(waves.sine(seconds=0.1), 2)
CD = waves.fmt(1, 1, 44100, 16)
FMT = waves.chunk(b"fmt ", CD)


def read(content: bytes, limits: Limits = LIMITS) -> Wav:
    return read_wav(lambda offset, length: content[offset : offset + length], len(content), limits)


def sound(content: bytes) -> bytes:
    found = read(content)
    return content[found.offset : found.offset + found.length]


CODINGS: dict[str, tuple[bytes, bytes, Coding, int, int]] = {
    "8 bit": (waves.fmt(1, 1, 44100, 8), b"\x80" * 4410, Coding.INTEGER, 1, 4410),
    "16 bit": (CD, TONE, Coding.INTEGER, 2, 4410),
    "24 bit": (waves.fmt(1, 1, 44100, 24), b"abc" * 4410, Coding.INTEGER, 3, 4410),
    "20 bits in 3 bytes": (waves.fmt(1, 1, 44100, 20, align=3), b"abc" * 4410, Coding.INTEGER, 3, 4410),
    "24 bits in 4 bytes": (waves.fmt(1, 1, 44100, 24, align=4), b"abcd" * 4410, Coding.INTEGER, 4, 4410),
    "32 bit": (waves.fmt(1, 1, 44100, 32), b"abcd" * 4410, Coding.INTEGER, 4, 4410),
    "float": (waves.fmt(3, 1, 44100, 32), b"abcd" * 4410, Coding.FLOAT, 4, 4410),
    "double": (waves.fmt(3, 2, 44100, 64), b"abcdefgh" * 8820, Coding.FLOAT, 8, 4410),
    "A-law": (waves.fmt(6, 1, 8000, 8), b"a" * 800, Coding.ALAW, 1, 800),
    "mu-law": (waves.fmt(7, 2, 8000, 8), b"a" * 800, Coding.MULAW, 1, 400),
    "extended integer": (waves.extensible(1, 2, 48000, 16), b"ab" * 9600, Coding.INTEGER, 2, 4800),
    "extended float": (waves.extensible(3, 2, 48000, 32), b"abcd" * 9600, Coding.FLOAT, 4, 4800),
    "extended, fewer valid bits": (waves.extensible(1, 1, 48000, 24, valid=20), b"abc" * 4800, Coding.INTEGER, 3, 4800),
    "ADPCM of Microsoft": (
        waves.fmt(2, 1, 22050, 4, align=256, more=struct.pack("<HHH", 4, 500, 0)),
        b"a" * 2560, Coding.ADPCM_MS, 0, 5000,
    ),
    "ADPCM of IMA": (
        waves.fmt(0x11, 1, 22050, 4, align=256, more=struct.pack("<HH", 2, 505)),
        b"a" * 2560, Coding.ADPCM_IMA, 0, 5050,
    ),
    "MP3": (waves.fmt(0x55, 2, 44100, 0, align=1, more=b"\0" * 14), b"a" * 44100, Coding.MPEG, 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CODINGS)
def test_every_coding_is_recognised(name: str) -> None:
    form, data, coding, width, frames = CODINGS[name]
    found = read(waves.riff(waves.chunk(b"fmt ", form), waves.chunk(b"data", data)))
    assert (found.format.coding, found.format.width, found.frames) == (coding, width, frames)
    assert (found.length, found.warnings) == (len(data), ())
    assert found.duration == pytest.approx(frames / found.format.rate if frames else 1.0)


def test_the_other_byte_order_is_read() -> None:
    form, data = (
        waves.chunk(b"fmt ", waves.fmt(1, 2, 44100, 16, order=">"), order=">"),
        waves.chunk(b"data", TONE, order=">"),
    )
    found = read(waves.riff(form, data, name=b"RIFX", order=">"))
    assert (found.big_endian, found.format.channels, found.format.rate, found.frames) == (True, 2, 44100, 2205)


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
def test_a_file_with_64_bit_sizes_is_read(name: bytes) -> None:
    sizes = waves.chunk(b"ds64", struct.pack("<QQQI", 0, len(TONE), 4410, 0))
    tail = waves.chunk(b"LIST", b"INFOINAM\x05\0\0\0Rain\0\0")
    found = read(waves.riff(sizes, FMT, waves.chunk(b"data", TONE, 0xFFFFFFFF), tail, name=name, size=0xFFFFFFFF))
    assert (found.length, found.title, found.warnings) == (len(TONE), "Rain", ())


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000])
def test_a_streamed_file_reaches_to_its_end(size: int) -> None:
    found = read(waves.riff(FMT, waves.chunk(b"data", TONE, size), size=size))
    assert (found.length, found.warnings) == (len(TONE), ("size_unknown",))


def test_a_sound_of_no_bytes_before_other_chunks_is_empty() -> None:
    with pytest.raises(AudioEmpty):
        read(waves.riff(FMT, waves.chunk(b"data", b""), waves.chunk(b"LIST", b"INFO")))


def test_what_is_there_of_a_cut_file_is_taken_without_half_a_frame() -> None:
    form = waves.chunk(b"fmt ", waves.fmt(1, 2, 44100, 16))
    found = read(waves.riff(form, waves.chunk(b"data", TONE[:-3], len(TONE) * 10, pad=False)))
    assert found.warnings == ("truncated",)
    assert found.length == len(TONE) - 4
    assert found.frames == found.length // 4


def test_other_chunks_are_passed_over() -> None:
    junk = [
        waves.chunk(name, b"x" * size) for name, size in ((b"JUNK", 28), (b"bext", 603), (b"cue ", 4), (b"zzzz", 1))
    ]
    assert sound(waves.riff(*junk, FMT, *junk, waves.chunk(b"data", TONE), *junk)) == TONE


def test_a_forgotten_padding_byte_is_noticed() -> None:
    odd = waves.chunk(b"JUNK", b"\x01\x02\x03", pad=False)
    assert sound(waves.riff(odd, FMT, waves.chunk(b"data", TONE))) == TONE


def test_the_description_may_follow_the_sound() -> None:
    assert sound(waves.riff(waves.chunk(b"data", TONE), FMT)) == TONE


def test_a_tag_before_the_file_is_passed_over() -> None:
    tag = b"ID3\x03\x00\x00\x00\x00\x01\x00" + b"\0" * 128
    assert sound(tag + waves.riff(FMT, waves.chunk(b"data", TONE))) == TONE


@pytest.mark.parametrize(
    ("raw", "text"),
    [(b"Rain\0", "Rain"), ("Дождь".encode(), "Дождь"), ("Café".encode("cp1252"), "Café"), (b"a\x07b\0tail", "ab")],
)
def test_title_and_artist_are_found(raw: bytes, text: str) -> None:
    info = b"INFO" + waves.chunk(b"INAM", raw) + waves.chunk(b"IART", b"Ada\0")
    found = read(waves.riff(FMT, waves.chunk(b"LIST", info), waves.chunk(b"data", TONE)))
    assert (found.title, found.artist) == (text, "Ada")


def test_a_wrong_block_size_is_mended() -> None:
    form = waves.chunk(b"fmt ", waves.fmt(1, 2, 44100, 16, align=1))
    found = read(waves.riff(form, waves.chunk(b"data", TONE)))
    assert (found.format.align, found.warnings) == (4, ("block_align",))


DATA = waves.chunk(b"data", TONE)
REFUSED: dict[str, tuple[bytes, type[DomainError]]] = {
    "nothing": (b"", NotWav),
    "text": (b"hello, this is no sound at all", NotWav),
    "a page": (b"<!doctype html><title>Not found</title>", NotWav),
    "a playlist": (b"#EXTM3U\nhttp://127.0.0.1/secret\n", NotWav),
    "AIFF": (b"FORM\0\0\0\x2eAIFFCOMM" + b"\0" * 40, NotWav),
    "FLAC": (b"fLaC\0\0\0\x22" + b"\0" * 40, NotWav),
    "MP3": (b"\xff\xfb\x90\x64" + b"\0" * 400, NotWav),
    "MP3 with a tag": (b"ID3\x03\0\0\0\0\0\x0a" + b"\0" * 10 + b"\xff\xfb\x90\x64", NotWav),
    "AVI": (b"RIFF\x20\0\0\0AVI LIST" + b"\0" * 24, NotWav),
    "Wave64": (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0" + b"\0" * 40, NotWav),
    "a tag without end": (b"ID3\x03\0\0\x7f\x7f\x7f\x7f" + b"\0" * 100, NotWav),
    "no description": (waves.riff(DATA), WavMalformed),
    "no sound": (waves.riff(FMT), AudioEmpty),
    "two descriptions": (waves.riff(FMT, FMT, DATA), WavMalformed),
    "a short description": (waves.riff(waves.chunk(b"fmt ", CD[:12]), DATA), WavMalformed),
    "no channels": (waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 0, 44100, 16)), DATA), WavMalformed),
    "no rate": (waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 1, 0, 16)), DATA), WavMalformed),
    "no sample size": (waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 1, 44100, 0, align=0)), DATA), WavMalformed),
    "a chunk beyond the file": (waves.riff(waves.chunk(b"JUNK", b"x", 4000)), WavMalformed),
    "chunks without end": (waves.riff(*[waves.chunk(b"JUNK", b"")] * 300, FMT, DATA), WavMalformed),
    "ADPCM that lies": (
        waves.riff(waves.chunk(b"fmt ", waves.fmt(2, 1, 8000, 4, align=256, more=struct.pack("<HH", 2, 9000))), DATA),
        WavMalformed,
    ),
    "GSM": (waves.riff(waves.chunk(b"fmt ", waves.fmt(0x31, 1, 8000, 0, align=65)), DATA), WavCodecUnsupported),
    "64-bit integers": (waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 1, 44100, 64)), DATA), WavCodecUnsupported),
    "half floats": (waves.riff(waves.chunk(b"fmt ", waves.fmt(3, 1, 44100, 16)), DATA), WavCodecUnsupported),
    "an unknown sub-format": (
        waves.riff(waves.chunk(b"fmt ", waves.extensible(1, 1, 44100, 16)[:-1] + b"\0"), DATA), WavCodecUnsupported,
    ),
    "a moment": (waves.riff(FMT, waves.chunk(b"data", TONE[:1000])), AudioEmpty),
    "nine channels": (waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 9, 44100, 16)), DATA), AudioLimitsExceeded),
    "a rate of 400 kHz": (waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 1, 400_000, 16)), DATA), AudioLimitsExceeded),
    "three hours": (
        waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 1, 1, 8)), waves.chunk(b"data", b"a" * 10800)),
        AudioLimitsExceeded,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_right_is_refused_by_name(name: str) -> None:
    content, error = REFUSED[name]
    with pytest.raises(error) as caught:
        read(content)
    assert caught.value.code == error.code


def test_a_rebuilt_header_describes_the_same_sound() -> None:
    form, data, *_ = CODINGS["ADPCM of IMA"]
    found = read(waves.riff(waves.chunk(b"JUNK", b"x" * 100), waves.chunk(b"fmt ", form), waves.chunk(b"data", data)))
    again = read(adpcm_header(found) + data)
    assert (again.format, again.frames, again.length) == (found.format, found.frames, found.length)


CHUNKS = st.one_of(
    st.builds(
        lambda name, content, size, pad: waves.chunk(name, content, size, pad=pad),
        st.sampled_from([b"fmt ", b"data", b"LIST", b"fact", b"ds64", b"JUNK", b"\0\0\0\0"]),
        st.one_of(st.binary(max_size=64), st.just(CD), st.just(TONE[:3000])),
        st.one_of(st.none(), st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 1, 0xFFFFFFFF, 0x7FFFFFFF])),
        st.booleans(),
    ),
    st.just(FMT),
    st.just(waves.chunk(b"data", TONE[:3000])),
    st.builds(
        lambda *facts: waves.chunk(b"fmt ", waves.fmt(*facts)),
        st.sampled_from([1, 2, 3, 6, 7, 0x11, 0x50, 0x55, 0xFFFE, 0x31]),
        st.integers(0, 10),
        st.integers(0, 1 << 20),
        st.integers(0, 70),
        st.integers(0, 600),
        st.one_of(st.binary(max_size=40), st.just(waves.extensible(1, 2, 48000, 16)[16:])),
    ),
)


@given(st.lists(CHUNKS, max_size=8), st.sampled_from([b"RIFF", b"RIFX", b"RF64", b"BW64"]), st.integers(0, 5000))
@example([FMT, waves.chunk(b"data", TONE)], b"RIFF", 5000)
def test_whatever_the_chunks_a_plan_stays_inside_the_file(chunks: list[bytes], name: bytes, cut: int) -> None:
    content = waves.riff(*chunks, name=name)[:cut]
    asked = 0

    def counted(offset: int, length: int) -> bytes:
        nonlocal asked
        asked += 1
        return content[offset : offset + length]

    try:
        found = read_wav(counted, len(content), LIMITS)
    except DomainError:
        found = None
    assert asked < 2000
    if found is not None:
        _sane(found, content)


@given(st.binary(max_size=300))
def test_whatever_the_bytes_nothing_but_a_refusal_comes(content: bytes) -> None:
    for whole in (content, b"RIFF\0\0\0\0WAVE" + content, b"RIFF\0\0\0\0WAVE" + FMT + content):
        with contextlib.suppress(DomainError):
            _sane(read(whole), whole)


def _sane(found: Wav, content: bytes) -> None:
    form: Any = found.format
    assert 0 <= found.offset <= found.offset + found.length <= len(content)
    assert form.channels in range(1, 9)
    assert form.rate in range(1, 384_001)
    assert 0.02 <= found.duration <= LIMITS.audio_seconds
    if form.block_frames == 1 and form.coding is not Coding.MPEG:
        assert found.length == found.frames * form.align
