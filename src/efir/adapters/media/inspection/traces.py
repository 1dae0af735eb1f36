"""Signs of a picture in a file whose demuxer finds none: its track is damaged, so the file is not sound alone."""

import os
import re

from av.container import InputContainer

BLOCK, OVERLAP = 1 << 20, 256
PICTURE_PACKETS = rb"\0\0\x01[\xe0-\xef]..[\x80-\x8f]"  # ISO 13818-1, 2.4.3.7, with the mark bits of MPEG-2
SIGNS: dict[str, tuple[bytes, int]] = {
    # ISO 14496-12: the header that only tracks of pictures have, or their handler
    "mov": (rb"\0\0\0\x14vmhd\0\0\0\x01|hdlr\0{8}vide", 1),
    # Multimedia Programming Interface 1.0: BITMAPINFOHEADER as the format of a stream
    "avi": (rb"strf\x28\0\0\0\x28\0\0\0", 1),
    # Adobe Flash Video File Format 10.1, annex E.5: onMetaData tells the codec of the picture
    "flv": (rb"\0\x0cvideocodecid", 1),
    # RFC 9559, 5.1.4.1: the name of a codec of pictures, or a width and a height of pixels
    "matroska": (rb"\x86[\x84-\x9f]V_|\xb0(?:\x81.|\x82..)\xba[\x81\x82]", 1),
    "mpegts": (PICTURE_PACKETS, 3),
    "mpeg": (PICTURE_PACKETS, 3),
}
"""By demuxer: what only pictures have in a file, and how often it is no accident."""
BY_HEADERS = frozenset({"ogg"})  # tracks are known by their first packet only; without it they are of no kind
AT_FRONT = frozenset({"matroska"})  # too short to be told from sound further on


def has_lost_picture(container: InputContainer, descriptor: int, demuxer: str) -> bool:
    """Tell a file with signs of a picture anywhere in it. Reads all of it, so it is asked for when none was found."""
    headless = demuxer in BY_HEADERS and any(stream.type == "unknown" for stream in container.streams)
    return headless or _has_sign(descriptor, demuxer)


def _has_sign(descriptor: int, demuxer: str) -> bool:
    if demuxer not in SIGNS:
        return False
    pattern, wanted = SIGNS[demuxer]
    at = found = 0
    while block := os.pread(descriptor, BLOCK + OVERLAP, at):
        found += sum(1 for sign in re.finditer(pattern, block, re.DOTALL) if sign.start() < BLOCK)
        if found >= wanted:
            return True
        if demuxer in AT_FRONT:
            break
        at += BLOCK
    return False
