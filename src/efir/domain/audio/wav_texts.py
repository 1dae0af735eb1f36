"""Text metadata of a WAV file: `LIST INFO` chunks, in the code page that `CSET` names or in a detected encoding.

Source: the RIFF document of IBM and Microsoft (1991), "CSET chunk". It predates Unicode, so programs write UTF-8 and
UTF-16 without declaring either.
"""

import codecs
import struct

HEAD = 8  # bytes of a chunk's name and size
LATIN = 1252  # the default; also declared by mistake, hence not trusted alone
NAMED_PAGES = {
    65001: "utf-8", 1200: "utf-16-le", 1201: "utf-16-be", 20866: "koi8-r", 21866: "koi8-u", 20127: "ascii",
    10000: "mac-roman", 10006: "mac-greek", 10007: "mac-cyrillic", 10029: "mac-latin2", 10081: "mac-turkish",
    20932: "euc-jp", 51932: "euc-jp", 51949: "euc-kr", 51936: "gb2312", 54936: "gb18030",
    **{28590 + part: f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 15)},
}  # fmt: skip
PAGES = range(437, 1362)  # numbers of Windows and OS/2 code pages that Python also uses
WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Texts:
    """Texts found so far, still as bytes, because the chunk that names their code page may come last."""

    def __init__(self, order: str) -> None:
        self._order = order
        self._raw: dict[bytes, bytes] = {}
        self._page = 0

    def add_list(self, content: bytes) -> None:
        """Add the texts of a LIST chunk; stop without an error at anything invalid."""
        position = 4 if content[:4] == b"INFO" else len(content)
        while position + HEAD <= len(content):
            name, size = content[position : position + 4], content[position + 4 : position + HEAD]
            length = int(struct.unpack(self._order + "I", size)[0])
            self._raw[name] = content[position + HEAD : position + HEAD + length]
            position += HEAD + length + length % 2

    def set_page(self, content: bytes) -> None:
        """Set the code page from a CSET chunk: its first number, 0 for none."""
        if len(content) >= 2:  # noqa: PLR2004  # bytes of that number
            self._page = struct.unpack(self._order + "H", content[:2])[0]

    def get(self, name: bytes) -> str:
        """Return a printable text, empty when there is none."""
        return decode_text(self._raw.get(name, b""), self._page)

    @property
    def unreadable(self) -> bool:
        """Whether an unknown code page is named that some text needs."""
        return bool(self._page) and not codec_of(self._page) and not all(map(bytes.isascii, self._raw.values()))


def codec_of(page: int) -> str:
    """Return Python's name for a Windows code page, empty when it is unknown.

    >>> codec_of(1251), codec_of(65001), codec_of(708)
    ('cp1251', 'utf-8', '')
    """
    name = NAMED_PAGES.get(page, f"cp{page}" if page in PAGES else "")
    try:
        return codecs.lookup(name).name if name else ""
    except LookupError:
        return ""


def decode_text(raw: bytes, page: int) -> str:
    r"""Decode a text up to its first NUL, without unprintable characters.

    A byte order mark of UTF-16 or UTF-8 decides, then the named code page, then whether it is valid UTF-8; all other
    text is cp1252.

    >>> decode_text("Дождь".encode("cp1251") + b"\0", 1251), decode_text("Дождь".encode("utf-16"), 0)
    ('Дождь', 'Дождь')
    """
    text = next(
        (text for codec in _codecs(raw, page) if (text := _decode(raw, codec)) is not None),
        raw.partition(b"\0")[0].decode("cp1252", errors="replace"),
    )
    return "".join(char for char in text.partition("\0")[0] if char.isprintable()).strip()


def _codecs(raw: bytes, page: int) -> list[str]:
    if raw[:2] in WIDE:
        return [WIDE[raw[:2]]]
    if raw[:1] > b"\0" and raw[1:2] == b"\0" and raw[2:3] > b"\0" and raw[3:4] == b"\0":
        return ["utf-16-le"]  # letters that would fit into one byte
    named = codec_of(page)
    return ["utf-8", named] if page == LATIN or not named else [named, "utf-8"]


def _decode(raw: bytes, codec: str) -> str | None:
    """Decode the bytes before the end of the text; None when they are not valid in this codec."""
    if not codec:
        return None
    if codec.startswith("utf-16"):
        return raw[: len(raw) & ~1].decode(codec, errors="replace").removeprefix("\ufeff")
    try:
        return raw.partition(b"\0")[0].decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
