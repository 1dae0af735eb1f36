"""What a Matroska header says of tracks that the demuxer keeps to itself (RFC 9559)."""

from collections.abc import Iterator

MASTERS = frozenset({0x18538067, 0x1654AE6B})  # Segment, Tracks
TRACK_ENTRY, FLAG_ENABLED, CLUSTER = 0xAE, 0xB9, 0x1F43B675
MAX_ELEMENTS = 4096


def find_disabled_tracks(head: bytes) -> list[int]:
    """Return the numbers, from 0 on in their order, of tracks that are not to be used (FlagEnabled 0)."""
    entries = [(start, end) for number, start, end in _elements(head, 0, len(head)) if number == TRACK_ENTRY]
    return [
        place
        for place, (start, end) in enumerate(entries)
        if any(
            number == FLAG_ENABLED and not any(head[at:stop]) for number, at, stop in _elements(head, start, end)
        )
    ]  # fmt: skip


def _elements(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Give number, start and end of the content of elements, those inside of Segment and Tracks as well."""
    at = start
    for _ in range(MAX_ELEMENTS):
        number, at = _number(data, at, keep=True)
        size, at = _number(data, at, keep=False)
        if number < 0 or at > end or number == CLUSTER:
            return
        if number in MASTERS:
            continue  # go on inside
        stop = min(at + size, end) if size >= 0 else end
        yield number, at, stop
        at = stop
        if at >= end:
            return


def _number(data: bytes, at: int, *, keep: bool) -> tuple[int, int]:
    """Read a number of variable length, with its mark or without; -1 where there is none, or no size is told."""
    if at >= len(data) or not data[at]:
        return -1, len(data) + 1
    length = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + length], "big")
    whole = (1 << 7 * length) - 1
    if not keep:
        value &= whole
        value = -1 if value == whole else value
    return value, at + length
