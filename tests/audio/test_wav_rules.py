"""Headers of WAV files: the right plan, or a refusal with its code; never a crash, whatever the bytes."""

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from efir.domain.audio.records import AudioEmpty, AudioLimitsExceeded, NotWav, WavCodecUnsupported, WavMalformed
from efir.domain.audio.wav import Wav, adpcm_header, read_wav
from efir.domain.audio.wav_format import Coding
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.limits import Limits
from kit.audio import waves

LIMITS = Limits()
TONE = waves.integers(waves.sine(seconds=0.1), 2)
CD = waves.fmt(1, 1, 44100, 16)
FMT = waves.chunk(b"fmt ", CD)


def read(content: bytes, limits: Limits = LIMITS) -> Wav:
    return read_wav(lambda offset, length: content[offset : offset + length], len(content), limits)


def sound(content: bytes) -> bytes:
    """The bytes of the sound as the converter puts them together; silence is written as NULs here."""
    return b"".join(
        b"\0" * part.length if part.offset is None else content[part.offset : part.offset + part.length]
        for part in read(content).parts
    )


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
    with pytest.raises(AudioEmpty):
        read(waves.riff(FMT, waves.chunk(b"data", b""), waves.chunk(b"LIST", b"a" * 4001, pad=False)))


def test_bytes_that_only_begin_like_a_chunk_are_sound() -> None:
    found = read(waves.riff(FMT, waves.chunk(b"data", b""), waves.chunk(b"LIST", TONE, len(TONE) + 2)))
    assert (found.length, found.warnings) == (8 + len(TONE), ("size_unknown",))


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


def data(content: bytes, **how: Any) -> bytes:
    return waves.chunk(b"data", content, **how)


def wavl(*chunks: bytes) -> bytes:
    return waves.chunk(b"LIST", b"wavl" + b"".join(chunks))


HALVES = (data(TONE[:4000]), data(TONE[4000:]))
SILENCE = waves.chunk(b"slnt", struct.pack("<I", 441))
IN_PIECES: dict[str, tuple[bytes, bytes]] = {
    "two data chunks": (waves.riff(FMT, *HALVES), TONE),
    "others between": (waves.riff(FMT, HALVES[0], waves.chunk(b"JUNK", b"abc"), HALVES[1]), TONE),
    "half frames at their ends": (waves.riff(FMT, data(TONE[:4001]), data(TONE[:4001])), TONE[:4000] * 2),
    "one of them empty": (waves.riff(FMT, data(b""), data(TONE)), TONE),
    "a list of waves": (waves.riff(FMT, wavl(*HALVES)), TONE),
    "a list with silence": (
        waves.riff(FMT, wavl(HALVES[0], SILENCE, HALVES[1])), TONE[:4000] + bytes(882) + TONE[4000:],
    ),
    "silence first": (waves.riff(FMT, wavl(SILENCE, *HALVES)), bytes(882) + TONE),
    "nothing but silence": (waves.riff(FMT, wavl(SILENCE, SILENCE)), bytes(1764)),
    "a list of unknown size": (waves.riff(FMT, b"LIST\xff\xff\xff\xffwavl" + b"".join(HALVES)), TONE),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PIECES)
def test_all_pieces_of_a_sound_are_taken_in_their_order(name: str) -> None:
    content, expected = IN_PIECES[name]
    assert sound(content) == expected
    assert read(content).frames == len(expected) // 2
    assert "several_data" in read(content).warnings


def test_the_last_piece_may_be_cut() -> None:
    found = read(waves.riff(FMT, data(TONE[:4000]), data(TONE[4000:6000], size=5000)))
    assert (found.length, found.warnings) == (6000, ("several_data", "truncated"))


def test_a_list_with_one_sound_is_as_good_as_the_sound() -> None:
    content = waves.riff(FMT, wavl(data(TONE)))
    assert (sound(content), read(content).warnings, read(content).whole) == (TONE, (), True)


def test_more_silence_than_a_file_may_have_is_refused() -> None:
    endless = waves.chunk(b"slnt", struct.pack("<I", 0xFFFFFFFF))
    with pytest.raises(AudioLimitsExceeded):
        read(waves.riff(FMT, wavl(data(TONE), endless)))
    fast = waves.chunk(b"fmt ", waves.fmt(3, 8, 384_000, 64))
    with pytest.raises(AudioLimitsExceeded):
        read(waves.riff(fast, wavl(data(bytes(64 * 9000)), waves.chunk(b"slnt", struct.pack("<I", 384_000 * 3600)))))


@pytest.mark.parametrize("name", ["ADPCM of IMA", "MP3"])
def test_silence_among_compressed_sound_is_refused(name: str) -> None:
    form, content, *_ = CODINGS[name]
    with pytest.raises(WavCodecUnsupported, match="Save it as PCM"):
        read(waves.riff(waves.chunk(b"fmt ", form), wavl(data(content), SILENCE)))


@pytest.mark.parametrize("stray", [b"\0\0", b"\0", b"\0" * 5, b"\x16\0", b"\0" * 24, b"abcdefgh\xff\xff\xff\xff"])
def test_bytes_between_chunks_that_belong_to_none_are_passed_over(stray: bytes) -> None:
    content = waves.riff(FMT, stray, waves.chunk(b"fact", struct.pack("<I", 4410)), data(TONE))
    assert sound(content) == TONE
    assert read(content).warnings == ("stray_bytes",)


@pytest.mark.parametrize("more", [b"", b"\0\0", b"\x16\0", b"\xff\xff", b"\0\0\0", b"\0" * 24])
@pytest.mark.parametrize("said", [0, 2, -2, 1, 8])
def test_a_description_of_another_length_than_it_says_is_read(more: bytes, said: int) -> None:
    content = waves.riff(waves.chunk(b"fmt ", CD + more, len(CD + more) + said), data(TONE))
    try:
        found = sound(content)
    except WavMalformed:
        found = TONE  # refused as what it is
    assert found == TONE
    if not said:
        assert read(content).warnings == ()


def test_the_oldest_form_of_the_description_is_read() -> None:
    assert sound(waves.riff(waves.chunk(b"fmt ", CD[:14]), data(TONE))) == TONE


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        (TONE, True), (waves.riff(FMT, data(TONE)), True), (b"\1", True), (b"", False), (b"\0" * 5000, False),
        (b"ID3\x03" + bytes(60), False), (b"TAG" + bytes(125), False), (b"APETAGEX" + b"\xd0\x07\0\0" * 8, False),
        (waves.chunk(b"LIST", b"INFOINAM\x05\0\0\0Rain\0\0"), False), (waves.chunk(b"zzzz", TONE), False),
    ],
)  # fmt: skip
def test_what_lies_behind_the_sound_and_is_no_chunk_is_told(rest: bytes, told: bool) -> None:  # noqa: FBT001  # pytest
    assert ("unread_bytes" in read(waves.riff(FMT, data(TONE)) + rest).warnings) is told


@pytest.mark.parametrize("low", range(0x20, 0x7F, 7))
def test_a_forgotten_padding_byte_is_noticed_whatever_the_size_of_the_next_chunk(low: int) -> None:
    content = (TONE * 3)[: 2 * 441 * 2 + low & ~1]
    odd = waves.chunk(b"JUNK", b"\x01\x02\x03", pad=False)
    assert sound(waves.riff(FMT, odd, data(content))) == content


WORDS: dict[str, tuple[bytes, str]] = {
    "a moment": (waves.riff(FMT, data(TONE[:1000])), "less than 20 milliseconds"),
    "a cut file": (waves.riff(FMT, data(b"", size=9000)), "cut short"),
    "no sound": (waves.riff(FMT), "no sound"),
    "an empty sound": (waves.riff(FMT, data(b""), waves.chunk(b"LIST", b"INFO")), "no sound"),
    "nothing that can be followed": (waves.riff(FMT, b"\0" * 200, data(TONE)), "No chunk begins"),
    "a file cut before its sound": (waves.riff(FMT, size=9000), "cut short"),
    "a file cut within a name": (waves.riff(FMT, b"dat", size=9000), "cut short"),
    "a file cut after a moment": (waves.riff(FMT, data(TONE[:100], size=8000)), "cut short"),
    "a cut chunk": (waves.riff(FMT, waves.chunk(b"bext", b"x" * 20, 602)), "Was the file cut"),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_refusal_says_what_is_so(name: str) -> None:
    content, words = WORDS[name]
    with pytest.raises(DomainError) as caught:
        read(content)
    assert words in caught.value.detail
    assert ("cut" in caught.value.detail) is ("cut" in name)


SOUNDS = st.integers(0, 400).map(lambda frames: (frames * b"\1\2", data(frames * b"\1\2")))
GOOD = st.one_of(
    SOUNDS,
    st.binary(max_size=30).map(lambda content: (b"", waves.chunk(b"JUNK", content))),
    st.sampled_from([b"bext", b"zzzz", b"cue "]).map(lambda name: (b"", waves.chunk(name, b"data\0\0"))),
    st.integers(0, 300).map(lambda frames: (bytes(2 * frames), waves.chunk(b"slnt", struct.pack("<I", frames)))),
    st.lists(SOUNDS, min_size=1, max_size=3).map(
        lambda found: (b"".join(each[0] for each in found), wavl(*(each[1] for each in found)))
    ),
)
WRONG = st.one_of(
    st.binary(max_size=70).map(lambda content: (b"", content)),
    st.binary(max_size=30).map(lambda content: (b"", waves.chunk(b"JUNK", content, pad=False))),
    st.binary(max_size=9).map(lambda content: (content[: len(content) & ~1], data(content, pad=False))),
    st.integers(-8, 8).map(lambda more: (b"\1\2" * 99, data(b"\1\2" * 99, size=198 + more))),
    st.just((b"\1\2" * 99, waves.riff(FMT, data(b"\1\2" * 99)))),
)


@given(st.lists(GOOD, max_size=8))
def test_of_a_whole_file_all_sound_is_taken(found: list[tuple[bytes, bytes]]) -> None:
    enough = b"\3\4" * 1000
    content = waves.riff(FMT, *(each[1] for each in found), data(enough))
    assert sound(content) == b"".join(each[0] for each in found) + enough
    assert set(read(content).warnings) <= {"several_data"}


@given(st.lists(st.one_of(GOOD, WRONG), max_size=8), st.lists(st.one_of(GOOD, WRONG), max_size=3))
def test_no_sound_is_lost_without_a_word(before: list[tuple[bytes, bytes]], after: list[tuple[bytes, bytes]]) -> None:
    enough = b"\3\4" * 1000
    content = waves.riff(FMT, *(each[1] for each in before), data(enough), *(each[1] for each in after))
    written = b"".join(each[0] for each in (*before, (enough, b""), *after))
    try:
        taken = sound(content)
    except DomainError:
        return
    assert taken == written or read(content).warnings


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


@pytest.mark.parametrize(
    ("told", "frames"), [(5050, 5050), (4900, 4900), (4546, 4546), (4545, 5050), (5051, 5050), (0, 5050)]
)
def test_a_fact_says_how_much_of_the_last_block_is_meant_and_nothing_else(told: int, frames: int) -> None:
    form, data, *_ = CODINGS["ADPCM of IMA"]
    fact = waves.chunk(b"fact", struct.pack("<I", told))
    found = read(waves.riff(waves.chunk(b"fmt ", form), fact, waves.chunk(b"data", data)))
    assert (found.frames, found.warnings) == (frames, ())


@pytest.mark.parametrize(("name", "frames"), [("ADPCM of IMA", 9 * 505 + 304), ("ADPCM of Microsoft", 9 * 500 + 298)])
def test_a_short_last_block_holds_two_frames_a_byte_after_its_header(name: str, frames: int) -> None:
    form, data, *_ = CODINGS[name]
    assert read(waves.riff(waves.chunk(b"fmt ", form), waves.chunk(b"data", data[:-100]))).frames == frames


@pytest.mark.parametrize(("tag", "channels", "most"), [(0x11, 1, 505), (0x11, 2, 249), (2, 1, 500), (2, 2, 244)])
def test_a_block_of_adpcm_holds_no_more_frames_than_its_bytes_have_room_for(tag: int, channels: int, most: int) -> None:
    def blocks_of(frames: int) -> bytes:
        form = waves.fmt(tag, channels, 22050, 4, align=256, more=struct.pack("<HH", 2, frames))
        return waves.riff(waves.chunk(b"fmt ", form), waves.chunk(b"data", b"a" * 25_600))

    assert read(blocks_of(most)).frames == 100 * most
    with pytest.raises(WavMalformed):
        read(blocks_of(most + 1))


def test_a_rebuilt_header_describes_the_same_sound() -> None:
    form, data, *_ = CODINGS["ADPCM of IMA"]
    found = read(waves.riff(waves.chunk(b"JUNK", b"x" * 100), waves.chunk(b"fmt ", form), waves.chunk(b"data", data)))
    again = read(adpcm_header(found) + data)
    assert (again.format, again.frames, again.length) == (found.format, found.frames, found.length)


CHUNKS = st.one_of(
    st.builds(
        lambda name, content, size, pad: waves.chunk(name, content, size, pad=pad),
        st.sampled_from([b"fmt ", b"data", b"LIST", b"fact", b"ds64", b"JUNK", b"slnt", b"CSET", b"RIFF", b"\0\0\0\0"]),
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


def _sane(found: Any, content: bytes) -> None:
    form = found.format
    inside = [part for part in found.parts if part.offset is not None]
    assert all(0 <= part.offset <= part.offset + part.length <= len(content) for part in inside)
    assert [part.offset for part in inside] == sorted(part.offset for part in inside)
    assert form.channels in range(1, 9)
    assert form.rate in range(1, 384_001)
    assert 0.02 <= found.duration <= LIMITS.audio_seconds
    if form.block_frames == 1 and form.coding is not Coding.MPEG:
        assert found.length == found.frames * form.align
