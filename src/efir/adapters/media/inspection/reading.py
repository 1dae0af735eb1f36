"""Reading a file's packets: of all recordings in it, and of streams that were there at the start."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import av
from av.container import InputContainer

from efir.adapters.media.inspection.parts import Part, Window, joints, parts_of

ALIASES = {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}
MAX_STREAMS = 1000
THEORA_HEADER = 0x80  # RFC 5334: the first bit of a packet that is no frame


class Source:
    """A foreign file, open as a descriptor, that one named demuxer may read, and nothing else."""

    def __init__(self, demuxer: str, descriptor: int) -> None:
        self._demuxer, self._descriptor = demuxer, descriptor
        self._parts = parts_of(descriptor, demuxer)
        self._fragments = -1
        self.unmarked = False
        """Whether packets were marked to be left out that no edit list leaves out."""

    @property
    def joined(self) -> bool:
        """Tell a file of several recordings, which no demuxer reads as one."""
        return len(self._parts) > 1

    def open(self) -> InputContainer:
        """Open the file, or the first recording of it."""
        return self._open(self._parts[0])

    @contextmanager
    def again(self) -> Iterator[InputContainer]:
        """Open the file once more, from its start; who reads it already goes on where it was."""
        place = os.lseek(self._descriptor, 0, os.SEEK_CUR)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        try:
            with self.open() as container:
                yield container
        finally:
            os.lseek(self._descriptor, place, os.SEEK_SET)

    def packets(
        self, container: InputContainer, streams: Sequence[Any], begin: Callable[[int], None], *, others: bool = False
    ) -> Iterator[Any]:
        """Give the packets of the opened file and of the recordings after it, as if they were one.

        `begin` is told the bytes of each later recording as it begins; `others` asks for those of all streams of the
        first one. Raises PartsUnlikeError.
        """
        self._fragments = self._parts[0].fragments
        first = packets_of(container, *(() if others else streams))
        return chain(first, self._read_later(streams, begin)) if self.joined else first

    def _read_later(self, streams: Sequence[Any], begin: Callable[[int], None]) -> Iterator[Any]:
        headers = dict[int, bytes]()
        for part in self._parts[1:]:
            with self._open(part) as later:
                self._fragments = part.fragments
                begin(part.end - part.start)
                fitting = joints(streams, list(later.streams), headers)
                for packet in packets_of(later, *(later.streams[index] for index in fitting)):
                    fitting[packet.stream_index].fit(packet)
                    yield packet

    def leaves_out(self, packet: Any) -> bool:
        """Tell whether a packet that is marked to be left out is not to be shown.

        Edit lists mark what the header lists; in fragments the library marks what is earlier than the packet before.
        """
        if packet.pos is None or not 0 <= self._fragments <= packet.pos:
            return True
        self.unmarked = True
        return False

    def _open(self, part: Part) -> InputContainer:
        options = {"format_whitelist": ALIASES.get(self._demuxer, self._demuxer), "max_streams": str(MAX_STREAMS)}
        if self.joined:
            window: Any = Window(self._descriptor, part)
            opened: InputContainer = av.open(
                window, "r", format=self._demuxer, options=options, metadata_errors="replace"
            )
            return opened
        options |= {"fd": str(self._descriptor), "protocol_whitelist": "fd"}
        return av.open("fd:", format=self._demuxer, options=options, metadata_errors="replace")


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
