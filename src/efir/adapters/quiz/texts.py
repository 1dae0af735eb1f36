"""Decoding of text files from many contributors: each line may have its own encoding."""

import codecs
import json
import re

END = re.compile(rb"\r\n|\r|\n")
BYTE_ORDER_MARK = "\ufeff"
WIDE = ("utf-16", "utf-32")
HEAD = 4  # bytes that show the encoding


def split_lines(body: bytes) -> list[str]:
    """Decode a file line by line. Lines end with LF, CRLF or CR; other separators of Unicode are part of a text."""
    encoding = detect_wide_encoding(body)
    if encoding is None:
        return [decode_line(line) for line in END.split(body)]
    text = body.decode(encoding, "replace").removeprefix(BYTE_ORDER_MARK)
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def decode_line(line: bytes) -> str:
    """Decode one line: as UTF-8, else as Windows-1252, whose undefined bytes become U+FFFD; nothing else is lost."""
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    return text.removeprefix(BYTE_ORDER_MARK)


def detect_wide_encoding(body: bytes) -> str | None:
    """Return the encoding of text with two or four bytes per character, by its BOM or its zeros; None for others."""
    if not body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and b"\0" not in body[:HEAD]:
        return None
    found = json.detect_encoding(body)
    return found if found.startswith(WIDE) else None
