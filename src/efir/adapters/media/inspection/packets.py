"""The packets of one stream as a demuxer hands them out: times, sizes, and where its clock jumps."""

from array import array
from fractions import Fraction
from typing import Any

from av.packet import Packet
from av.stream import Stream

from efir.adapters.media.inspection.reading import has_headers, is_header

BACKWARD_SECONDS = Fraction(1, 10)
FORWARD_SECONDS = Fraction(10)
MAX_JUMPS = 500


class Jump:
    """A place where a stream's clock does not go on: the `packet` with that number says `there` instead of `here`.

    `order` counts the packets of all streams; times are seconds on the stream's own clock.
    """

    __slots__ = ("here", "order", "packet", "there")

    def __init__(self, packet: int, order: int, here: Fraction, there: Fraction) -> None:
        self.packet, self.order, self.here, self.there = packet, order, here, there

    @property
    def delta(self) -> Fraction:
        """Return the seconds that the clock jumps by, below 0 for a clock that begins again."""
        return self.there - self.here


class PacketLog:
    """Time stamps and sizes of one stream's packets, in its own ticks and in the order of decoding."""

    def __init__(self, stream: Stream) -> None:
        self.base = Fraction(stream.time_base or Fraction(1, 1000))
        self.stamps = array("q")
        self.durations = array("q")
        self.keys = array("q")
        self.bytes = 0
        self.jumps: list[Jump] = []
        self.encrypted = False
        self._furthest: int | None = None
        self._next = 0
        self._decodes = True
        self._headers = has_headers(stream)
        # in ticks, for this is asked of every packet
        self._backward, self._forward = int(BACKWARD_SECONDS / self.base), int(FORWARD_SECONDS / self.base)

    def add(self, packet: "Packet[Any]", order: int) -> None:
        """Count a packet; those that are not to be shown leave no time."""
        if self._headers and is_header(packet):
            return
        self.bytes += packet.size
        if not self.stamps:
            self.encrypted = self.encrypted or packet.has_sidedata("encryption_info")
        stamp = packet.pts
        if stamp is None:
            stamp = packet.dts
        if stamp is None or packet.is_discard:
            return
        self._look_for_jump(packet, stamp, order)
        if packet.is_keyframe:
            self.keys.append(len(self.stamps))
        self.stamps.append(stamp)
        self.durations.append(packet.duration or 0)

    def _look_for_jump(self, packet: "Packet[Any]", stamp: int, order: int) -> None:
        """Compare with the packet before: by decoding times, which only rise; where there are none, at key frames."""
        time = packet.dts
        if time is None or not self._decodes:
            self._decodes, time = False, stamp
        if self._furthest is not None:
            back = self._furthest - time
            early = back > 0 and (back > self._backward if self._decodes else packet.is_keyframe)
            if (early or time - self._next > self._forward) and len(self.jumps) <= MAX_JUMPS:
                self.jumps.append(Jump(len(self.stamps), order, self._next * self.base, time * self.base))
                self._furthest = time
        self._furthest = time if self._furthest is None or time > self._furthest else self._furthest
        self._next = self._furthest + (packet.duration or 0)

    def move(self, offsets: list[tuple[int, int]]) -> None:
        """Apply a table of (first packet, ticks to add) to the stamps."""
        if not offsets:
            return
        for (first, ticks), (end, _) in zip(offsets, [*offsets[1:], (len(self.stamps), 0)], strict=True):
            for number in range(first, end):
                self.stamps[number] += ticks

    def shown(self) -> "array[int]":
        """Return the stamps that a decoder shows a picture for, in order: none from before the first key frame."""
        first = self.stamps[self.keys[0]] if self.keys else min(self.stamps, default=0)
        return array("q", sorted(stamp for stamp in self.stamps if stamp >= first))
