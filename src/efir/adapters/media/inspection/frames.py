"""Some frames of a picture track, decoded: the first ones, key frames of every new form, and some from all over.

A picture may change on the way: calls and live streams change size, broadcasts the shape of their pixels, encoders
name their colours late.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame

from efir.adapters.media.inspection.forms import FormReader

FIRST_FRAMES = 3
MAX_PACKETS = 400
KEY_FRAMES = 4


@dataclass(frozen=True, slots=True)
class Look:
    """A decoded frame, and what its decoder says of it: the shape of a pixel, 1 where it is not told; the profile."""

    frame: VideoFrame
    shape: Fraction
    profile: str
    level: int


class FrameSampler:
    """Decodes while packets pass by; `size` is the file's: clocks may begin again, places in a file do not."""

    def __init__(self, picture: Any, size: int) -> None:
        self.first: list[Look] = []
        self.later: list[Look] = []
        self.forms = FormReader(picture.codec_context)
        self._picture = picture
        self.begins = True
        self._packets = 0
        self._second: Any = None
        self.go_on(size)

    def go_on(self, size: int) -> None:
        """Look at key frames from all over the next `size` bytes, too: places are counted anew from here on."""
        self._places = [size * place // (KEY_FRAMES + 1) for place in range(1, KEY_FRAMES + 1)]

    def add(self, packet: "Packet[Any]") -> None:
        """Decode the packet when it is one of those to look at; only key packets may be once it no longer `begins`."""
        first = self._packets == 0
        if self.begins:
            self._packets += 1
            self.first += _decode_packet(self._picture.codec_context, packet)
            self.begins = len(self.first) < FIRST_FRAMES and self._packets < MAX_PACKETS
        if packet.is_keyframe:
            form = self.forms.read(packet)
            new, here = self.forms.is_new(form), self._is_place(packet)
            if (new or (here and form != b"")) and not first:
                self.later += self._decode_alone(packet)

    def finish(self) -> None:
        """Take the frames that the decoder still holds."""
        if len(self.first) < FIRST_FRAMES:
            self.first += _decode_packet(self._picture.codec_context, None)

    @property
    def all(self) -> Sequence[Look]:
        """Return every frame looked at, in order."""
        return [*self.first, *self.later]

    def _is_place(self, packet: "Packet[Any]") -> bool:
        """Tell the first key packet behind each of some places spread over the file."""
        if not self._places or packet.pos is None or packet.pos < self._places[0]:
            return False
        self._places = [later for later in self._places if later > packet.pos]
        return True

    def _decode_alone(self, packet: "Packet[Any]") -> list[Look]:
        """Decode a key frame by a decoder of its own, so that nothing else has to be decoded."""
        context = self._picture.codec_context
        if self._second is None:
            self._second = av.CodecContext.create(context.codec.name, "r")
            with suppress(AttributeError, ValueError):  # a decoder that finds everything in its packets
                self._second.extradata = context.extradata
            self._second.width, self._second.height = context.width, context.height
            self._second.thread_count = 1
        looks = _decode_packet(self._second, packet) + _decode_packet(self._second, None)
        self._second.flush_buffers()
        return looks[:1]


def _decode_packet(context: Any, packet: "Packet[Any] | None") -> list[Look]:
    try:
        frames = context.decode(packet)
    except FFmpegError:
        return []  # the next packets may be sound
    shape = Fraction(context.sample_aspect_ratio or 1) or Fraction(1)
    return [Look(frame, shape, context.profile or "", context.level) for frame in frames]
