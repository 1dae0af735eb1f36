"""Where the first frame of a GIF lies on its canvas (GIF89a)."""

import struct

Place = tuple[int, int, int, int]
Size = tuple[int, int]
HEADER, DESCRIPTOR = 13, 10  # bytes
EXTENSION, IMAGE = 0x21, b"\x2c"


def first_frame(data: bytes) -> tuple[Place, Size] | None:
    """Return where the first frame lies (left, top, width, height) and its canvas, in pixels.

    None where it does not lie inside its canvas: decoders then enlarge the canvas, or find that the file is none.
    """
    if len(data) < HEADER:
        return None
    at = HEADER + _table(data[10])
    while at < len(data) and data[at] == EXTENSION:
        at += 2
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    if data[at : at + 1] != IMAGE or len(data) < at + DESCRIPTOR:
        return None
    left, top, width, height = struct.unpack_from("<4H", data, at + 1)
    across, down = struct.unpack_from("<2H", data, 6)
    inside = width and height and left + width <= across and top + height <= down
    return ((left, top, width, height), (across, down)) if inside else None


def _table(flags: int) -> int:
    """Return the bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
