"""Hands a file whose clocks jump to ffmpeg with one clock that goes on, through a pipe; nothing is coded anew.

Runs as `python -m efir.adapters.media.video.retiming ORDER PROGRAM ARGUMENT…` inside the sandbox; the file is open as
descriptor 3, where the program finds a stream of NUT or ASF instead. The exit code is the program's.
"""

import heapq
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import av
from av.error import FFmpegError

from efir.adapters.media.inspection.reading import Source, has_headers, is_header
from efir.adapters.media.inspection.settling import Settler, frame_of

FIRST_INPUT = 3
KEPT = 64  # descriptors from here on are not the program's
MUXERS: dict[str, dict[str, str]] = {
    "nut": {"write_index": "0", "syncpoints": "timestamped", "strict": "experimental"},
    "asf": {},
}
"""No index, for nobody seeks in a pipe; side data, which has the headers of later recordings, came late to NUT."""
TWO_TIMES = frozenset({"nut"})  # ASF has one, of decoding; its codecs show pictures in that order
REORDERED = 32  # packets: more than any codec delays a picture by


def main() -> None:
    """Start the program on the end of a pipe and write the corrected stream into it."""
    order = json.loads(sys.argv[1])
    source = os.dup2(FIRST_INPUT, KEPT, inheritable=False)
    read, written = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(read, FIRST_INPUT, inheritable=True)
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606  # a fixed command, no shell
    os.close(read)
    os.close(FIRST_INPUT)
    whole = _write(order, source, written)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit((code if code >= 0 else 128 - code) or int(not whole))


def _write(order: dict[str, Any], source: int, written: int) -> bool:
    """Write until the source ends or the program wants no more; False when the source cannot be read to its end."""
    try:
        with os.fdopen(written, "wb") as pipe:
            _remux(order, source, pipe)
    except BrokenPipeError:
        return True
    except (FFmpegError, ValueError) as error:
        sys.stderr.write(f"Invalid data found: {error}\n")
        return False
    return True


def _remux(order: dict[str, Any], source: int, pipe: Any) -> None:
    av.logging.set_level(av.logging.PANIC)
    file = Source(order["format"], source)
    with file.open() as container, av.open(pipe, "w", order["container"], MUXERS[order["container"]]) as target:
        streams = [container.streams[index] for index in order["streams"]]
        copies = {stream.index: target.add_stream_from_template(stream, opaque=True) for stream in streams}
        copies[streams[0].index].sample_aspect_ratio = 0  # every frame's own
        clocks = {
            stream.index: Clock(stream, table, order["lead"], file.leaves_out, early=order["container"] in TWO_TIMES)
            for stream, table in zip(streams, order["corrections"], strict=True)
        }
        for stream, settling in zip(streams, order["settled"], strict=False):
            if settling:
                clocks[stream.index].settle(Settler(settling, frame_of(stream)))
        for packet in file.packets(container, streams, lambda _: None):
            for ready in clocks[packet.stream_index].correct(packet):
                ready.stream = copies[packet.stream_index]
                target.mux(ready)
        for index, clock in clocks.items():
            for ready in clock.rest():
                ready.stream = copies[index]
                target.mux(ready)


class Clock:
    """Corrects one stream's packets and gives them decoding times that rise, which a muxer asks for.

    All times are `lead` seconds late, `early` decoding times half of that: a muxer would move everything if one was
    below zero.
    """

    def __init__(
        self, stream: Any, table: Sequence[Sequence[int]], lead: int, leaves_out: Callable[[Any], bool], *,
        early: bool = True,
    ) -> None:  # fmt: skip
        self._table = [*map(tuple, table)]
        self._headers, self._leaves_out = has_headers(stream), leaves_out
        self._lead = round(lead / stream.time_base)
        self._early = self._lead // 2 if early else 0
        self._number = self._offset = 0
        self._waiting: list[Any] = []
        self._settler: Settler | None = None
        self._slipped: deque[Any] = deque()
        self._stamps: list[int] = []
        self._last = self._last_key = -(1 << 62)

    def settle(self, settler: Settler) -> None:
        """Let stamps settle before packets are given."""
        self._settler = settler

    def correct(self, packet: Any) -> Iterator[Any]:
        """Give the packets whose decoding time is known by now."""
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or (self._headers and is_header(packet)):
            return
        if packet.is_discard and self._leaves_out(packet):
            return
        while self._table and self._table[0][0] <= self._number:
            self._offset = self._table.pop(0)[1]
        self._number += 1
        packet.pts = stamp + self._offset + self._lead
        if self._settler is None:
            yield from self._put_in_order(packet)
            return
        self._slipped.append(packet)
        settled = self._settler.take(packet.pts, packet.duration or 0)
        if settled is not None:
            yield from self._put_in_order(self._slipped.popleft(), settled)

    def rest(self) -> Iterator[Any]:
        """Give the packets that waited for later ones."""
        while self._settler and self._slipped:
            yield from self._put_in_order(self._slipped.popleft(), self._settler.rest())
        yield from map(self._set_times, self._waiting)

    def _put_in_order(self, packet: Any, settled: int | None = None) -> Iterator[Any]:
        packet.pts = packet.pts if settled is None else settled
        self._waiting.append(packet)
        heapq.heappush(self._stamps, packet.pts)
        if len(self._waiting) > REORDERED:
            yield self._set_times(self._waiting.pop(0))

    def _set_times(self, packet: Any) -> Any:
        self._last = max(heapq.heappop(self._stamps) - self._early, self._last + 1)
        if packet.is_keyframe:
            self._last_key = packet.pts = max(packet.pts, self._last_key + 1)
        packet.dts = min(self._last, packet.pts)
        return packet


if __name__ == "__main__":
    main()
