"""Some frames of a picture track, decoded: the first ones, and key frames from all over the file.

A picture may change on the way: calls and live streams change size, encoders name their colours late.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame

FIRST_FRAMES = 3
MAX_PACKETS = 400
KEY_FRAMES = 4
PARAMETERS = {"h264": (4, 0x1F, 7), "hevc": (21, 0x7E, 33 << 1)}
"""Where the header says how long lengths are, and how the first byte of a unit names a sequence's parameters."""


class FrameSampler:
    """Decodes while packets pass by; `size` is the file's: clocks may begin again, places in a file do not."""

    def __init__(self, picture: Any, size: int) -> None:
        self.first: list[VideoFrame] = []
        self.later: list[VideoFrame] = []
        self._picture = picture
        self._packets = 0
        self._second: Any = None
        self.go_on(size)

    def go_on(self, size: int) -> None:
        """Look at key frames from all over the next `size` bytes, too: places are counted anew from here on."""
        self._places = [size * place // (KEY_FRAMES + 1) for place in range(1, KEY_FRAMES + 1)]

    def add(self, packet: "Packet[Any]") -> None:
        """Decode the packet when it is one of those to look at."""
        self._packets += 1
        if len(self.first) < FIRST_FRAMES and self._packets <= MAX_PACKETS:
            self.first += _decoded(self._picture.codec_context, packet)
        elif self._places and packet.is_keyframe and packet.pos is not None and packet.pos >= self._places[0]:
            self._places = [later for later in self._places if later > packet.pos]
            if may_change(self._picture.codec_context, packet):
                self.later += self._alone(packet)

    def finish(self) -> None:
        """Take the frames that the decoder still holds."""
        if len(self.first) < FIRST_FRAMES:
            self.first += _decoded(self._picture.codec_context, None)

    @property
    def all(self) -> Sequence[VideoFrame]:
        """Return every frame looked at, in order."""
        return [*self.first, *self.later]

    def _alone(self, packet: "Packet[Any]") -> list[VideoFrame]:
        """Decode a key frame by a decoder of its own, so that nothing else has to be decoded."""
        context = self._picture.codec_context
        if self._second is None:
            self._second = av.CodecContext.create(context.codec.name, "r")
            with suppress(AttributeError, ValueError):  # a decoder that finds everything in its packets
                self._second.extradata = context.extradata
            self._second.width, self._second.height = context.width, context.height
            self._second.thread_count = 1
        frames = _decoded(self._second, packet) + _decoded(self._second, None)
        self._second.flush_buffers()
        return frames[:1]


def may_change(context: Any, packet: "Packet[Any]") -> bool:
    """Tell key frames that can differ from those before: with parameters of their own (ISO 14496-15), or without any.

    Where all parameters stand in the header of the file, no frame needs to be decoded to know.
    """
    header = context.extradata or b""
    place, mask, wanted = PARAMETERS.get(context.name, (0, 0, 0))
    if not mask or len(header) <= place or header[0] != 1 or packet.has_sidedata("new_extradata"):
        return True
    data, at, size = bytes(packet), 0, (header[place] & 3) + 1
    while at + size < len(data):
        if data[at + size] & mask == wanted:
            return True
        at += size + int.from_bytes(data[at : at + size], "big")
    return False


def _decoded(context: Any, packet: "Packet[Any] | None") -> list[VideoFrame]:
    try:
        return list(context.decode(packet))
    except FFmpegError:
        return []  # the next packets may be sound
