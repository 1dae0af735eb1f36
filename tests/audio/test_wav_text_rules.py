"""Titles inside WAV files: in the code page that is named, in Unicode, or as most programs write them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.audio import wav_texts
from efir.domain.audio.wav import Wav, read_wav
from efir.domain.kernel.limits import Limits
from kit.audio import waves

FMT = waves.chunk(b"fmt ", waves.fmt(1, 1, 8000, 16))
DATA = waves.chunk(b"data", b"\1\0" * 800)
NAMED = [
    (1251, "cp1251", "Дождь за окном"), (1251, "cp1251", "Её"), (866, "cp866", "Дождь"), (20866, "koi8-r", "Дождь"),
    (1250, "cp1250", "Zažeň déšť"), (1253, "cp1253", "Βροχή"), (1254, "cp1254", "Yağmur"), (1252, "cp1252", "Café"),
    (932, "cp932", "雨の音"), (936, "gbk", "雨声"), (949, "cp949", "빗소리"), (950, "cp950", "雨聲"),
    (437, "cp437", "naïve"), (65001, "utf-8", "Дождь"), (1200, "utf-16-le", "Дождь"), (1201, "utf-16-be", "Дождь"),
    (10007, "mac-cyrillic", "Дождь"),
    (28595, "iso8859-5", "Дождь"), (1252, "utf-8", "Дождь"), (0, "utf-8", "Дождь"), (0, "cp1252", "Café"),
    (0, "utf-16", "Дождь"), (1251, "utf-16", "雨"), (0, "utf-8-sig", "雨"), (0, "utf-16-le", "Rain"),
]  # fmt: skip


def read(content: bytes) -> Wav:
    return read_wav(lambda offset, length: content[offset : offset + length], len(content), Limits())


def titled(raw: bytes, page: int | None, *, last: bool = False, order: str = "<") -> Wav:
    info = waves.chunk(b"LIST", b"INFO" + waves.chunk(b"INAM", raw, order=order), order=order)
    named = b"" if page is None else waves.chunk(b"CSET", struct.pack(order + "4H", page, 0, 0, 0), order=order)
    form = waves.chunk(b"fmt ", waves.fmt(1, 1, 8000, 16, order=order), order=order)
    data = waves.chunk(b"data", b"\1\0" * 800, order=order)
    chunks = [form, info, data, named] if last else [named, form, info, data]
    return read(waves.riff(*chunks, name=b"RIFF" if order == "<" else b"RIFX", order=order))


@pytest.mark.parametrize(("page", "codec", "text"), NAMED)
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_title_is_read_in_its_code_page(page: int, codec: str, text: str, last: bool, order: str) -> None:  # noqa: FBT001  # pytest
    end = b"\0\0" if "16" in codec and "8859" not in codec else b"\0"
    found = titled(text.encode(codec) + end, page or None, last=last, order=order)
    assert (found.title, found.warnings) == (text, ())


@given(st.integers(0, 0xFFFF), st.binary(max_size=40))
def test_no_code_page_and_no_bytes_stop_a_file(page: int, raw: bytes) -> None:
    found = titled(raw, page)
    assert found.title == found.title.strip()
    assert found.title.isprintable()


@pytest.mark.parametrize("page", [708, 1361, 37, 12000, 65535])
def test_an_unknown_code_page_is_told_and_something_is_shown(page: int) -> None:
    known = bool(wav_texts.codec_of(page))
    found = titled("Café".encode("cp1252"), page)
    assert ("code_page" in found.warnings) is not known
    assert known or found.title == "Café"
    assert titled(b"Rain", page).warnings == (), "plain letters are the same in all of them"


@given(st.text(st.characters(codec="utf-16", exclude_characters="\0\ufeff"), max_size=20))
def test_what_is_marked_as_unicode_is_read_as_unicode(text: str) -> None:
    shown = "".join(char for char in text if char.isprintable()).strip()
    assert titled(b"\xff\xfe" + text.encode("utf-16-le") + b"\0\0", None).title == shown
    assert titled(b"\xfe\xff" + text.encode("utf-16-be") + b"\0\0", 1251).title == shown
