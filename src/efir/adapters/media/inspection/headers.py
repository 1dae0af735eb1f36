"""Packets that carry no picture and no sound."""

from typing import Any

THEORA_HEADER = 0x80  # RFC 5334: the first bit of a packet that is no frame


def has_headers(stream: Any) -> bool:
    """Tell streams whose headers begin anew in the middle of joined files."""
    context = stream.codec_context
    return context is not None and context.name == "theora"


def is_header(packet: Any) -> bool:
    """Tell a header from a picture, in a stream that has them in between."""
    return bool(bytes(packet)[0] & THEORA_HEADER)
