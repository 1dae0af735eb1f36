"""What the header and the tags of an ICC profile say (ICC.1:2022), without applying it."""

import struct

from efir.domain.pictures.colours import Colours, from_cicp

HEADER = 128
MAX_TAGS = 256
TAG = struct.Struct(">4sII")  # name, offset, bytes


def space(profile: bytes) -> bytes:
    """Return the colour space a profile is for, such as b"RGB " (§7.2.6); nothing for what is no profile."""
    return profile[16:20] if profile[36:40] == b"acsp" else b""


def read_colours(profile: bytes) -> Colours | None:
    """Return the colours a profile gives by code points (`cicp`, §9.2.17): only they tell how HDR is meant."""
    if space(profile) != b"RGB ":
        return None
    count = int.from_bytes(profile[HEADER : HEADER + 4], "big")
    for number in range(min(count, MAX_TAGS)):
        entry = profile[HEADER + 4 + number * TAG.size :][: TAG.size]
        if len(entry) == TAG.size and entry.startswith(b"cicp"):
            _, at, _ = TAG.unpack(entry)
            body = profile[at : at + 12]
            return from_cicp(body[8], body[9]) if body[10:] == b"\0\1" else None
    return None
