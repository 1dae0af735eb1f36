"""Writes an ID3v2.3 tag (id3.org, informal standard of 1999): texts in UTF-16, so that every player shows them."""

import struct

from efir.ports.audio import Loudness, Tags

REFERENCE = -18.0  # LUFS, of ReplayGain 2.0
MAX_TEXT = 300


def id3(tags: Tags, loudness: Loudness) -> bytes:
    """Title, artist, year, and the gain that brings the recording to the reference loudness."""
    frames = [
        _frame(b"TIT2", _text(tags.title)),
        _frame(b"TPE1", _text(tags.artist)),
        _frame(b"TYER", _text(tags.year)),
    ]
    if loudness.integrated is not None:
        frames.append(_note("REPLAYGAIN_TRACK_GAIN", f"{REFERENCE - loudness.integrated:+.2f} dB"))
    if loudness.true_peak is not None:
        frames.append(_note("REPLAYGAIN_TRACK_PEAK", f"{10 ** (loudness.true_peak / 20):.6f}"))
    body = b"".join(frames)
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + body


def _note(name: str, value: str) -> bytes:
    return _frame(b"TXXX", b"\x00" + name.encode("ascii") + b"\x00" + value.encode("ascii"))


def _text(value: object) -> bytes:
    return b"\x01" + str(value)[:MAX_TEXT].encode("utf-16", errors="replace")


def _frame(name: bytes, content: bytes) -> bytes:
    return name + struct.pack(">IH", len(content), 0) + content
