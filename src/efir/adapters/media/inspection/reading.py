"""Reading a container's packets: those of streams that were there at the start, without repeated headers."""

from collections.abc import Iterator
from typing import Any

from av.container import InputContainer

THEORA_HEADER = 0x80  # RFC 5334: the first bit of a packet that is no frame


def packets_of(container: InputContainer, *streams: Any) -> Iterator[Any]:
    """Give every packet that holds something.

    A stream may appear in mid-file, where the file is damaged or another begins: its packets are passed over, and the
    library fails over it only after the last packet.
    """
    try:
        for packet in container.demux(*streams):
            if packet.size:
                yield packet
    except IndexError:
        return


def has_headers(stream: Any) -> bool:
    """Tell streams whose headers begin anew in the middle of joined files."""
    context = stream.codec_context
    return context is not None and context.name == "theora"


def is_header(packet: Any) -> bool:
    """Tell a header from a picture, in a stream that has them in between."""
    return bool(bytes(packet)[0] & THEORA_HEADER)
