"""The packets of one stream as a demuxer hands them out: times, sizes, and where its clock jumps."""

from array import array
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from av.packet import Packet
from av.stream import Stream

from efir.adapters.media.inspection.jumps import JumpFinder
from efir.adapters.media.inspection.reading import has_headers, is_header

LAG_SECONDS = Fraction(10)  # between decoding a picture and showing it

Table = list[tuple[int, int]]
"""For one stream: (number of the first packet, ticks to add from there on)."""


class PacketLog:
    """Time stamps and sizes of one stream's packets, in its own ticks and in the order of decoding.

    `leaves_out` is asked of packets that are marked to be left out.
    """

    def __init__(self, stream: Stream, leaves_out: Callable[[Any], bool]) -> None:
        self.base = Fraction(stream.time_base or Fraction(1, 1000))
        self.stamps = array("q")
        self.durations = array("q")
        self.keys = array("q")
        self.bytes = 0
        self.encrypted = False
        self.left_out = 0
        self.decoding_only = False
        self.clock = JumpFinder(self.base)
        self._headers, self._leaves_out = has_headers(stream), leaves_out
        self._decodes = True
        self._lag, self._most = 0, int(LAG_SECONDS / self.base)

    def add(self, packet: "Packet[Any]", order: int) -> None:
        """Count a packet; those that are not to be shown leave no time.

        The clock is that of decoding, which only rises; where packets do not tell it, that of showing.
        """
        if self._headers and is_header(packet):
            return
        self.bytes += packet.size
        number = len(self.stamps)
        if not number:
            self.encrypted = self.encrypted or packet.has_sidedata("encryption_info")
        time = packet.dts
        stamp = packet.pts
        if stamp is None:
            stamp, self.decoding_only = time, True
        if stamp is None:
            return
        if packet.is_discard and self._leaves_out(packet):
            self.left_out += 1
            return
        duration, key = packet.duration or 0, packet.is_keyframe
        if time is None or not self._decodes:
            self._decodes, time = False, stamp
        elif -self._most <= stamp - time <= self._most:
            self._lag = stamp - time
        else:
            self.clock.wrong[number] = time + self._lag - stamp
        self.clock.follow(number, order, time, duration, rises=self._decodes, key=key)
        if key:
            self.keys.append(number)
        self.stamps.append(stamp)
        self.durations.append(duration)

    def table(self, epochs: Table) -> Table:
        """Return a table of corrections that holds for stretches of the file and for single stamps."""
        places = {number: 0 for number, _ in epochs}
        for number, ticks in self.clock.wrong.items():
            places[number] = ticks
            if number + 1 < len(self.stamps):
                places.setdefault(number + 1, 0)
        found, offset, rest = [], 0, [*epochs]
        for number in sorted(places):
            while rest and rest[0][0] <= number:
                offset = rest.pop(0)[1]
            found.append((number, offset + places[number]))
        return found

    def move(self, table: Table) -> None:
        """Apply a table to the stamps."""
        if not table:
            return
        for (first, ticks), (end, _) in zip(table, [*table[1:], (len(self.stamps), 0)], strict=True):
            for number in range(first, end):
                self.stamps[number] += ticks

    def shown(self) -> "array[int]":
        """Return the stamps that a decoder shows a picture for, in order: none from before the first key frame."""
        first = self.stamps[self.keys[0]] if self.keys else min(self.stamps, default=0)
        return array("q", sorted(stamp for stamp in self.stamps if stamp >= first))
