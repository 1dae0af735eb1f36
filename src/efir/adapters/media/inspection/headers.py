"""Packets that carry no picture and no sound."""

from typing import Any

THEORA_HEADER = 0x80  # RFC 5334: the first bit of a packet that is no frame


def is_header(packet: Any) -> bool:
    """Tell the headers that begin anew in the middle of joined Ogg files."""
    context = packet.stream.codec_context
    return context is not None and context.name == "theora" and bool(bytes(packet)[0] & THEORA_HEADER)
