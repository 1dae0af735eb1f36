"""Sound that is edited: stretches of raw samples in open files, read a block at a time.

Cutting and joining only choose stretches, so an edit needs the same little memory whatever its length. Samples are
32-bit numbers with full scale at a quarter of their range (`edit_commands.HEADROOM`): an MP3 decodes to more than full
scale now and then, and pydub computes with whole numbers, which would clip that.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from pydub import AudioSegment

from efir.domain.audio.edits import WIDTH

BLOCK_SECONDS = 10
FULL_SCALE = 1 << 29  # of samples with that headroom
NOTHING = -120.0  # decibels that stand for none, as in pydub's own fades


@dataclass(frozen=True, slots=True)
class Span:
    """Frames `start` to `end` of a file of raw samples, made louder by `db`."""

    file: int
    start: int
    end: int
    db: float = 0.0


@dataclass(frozen=True, slots=True)
class Sound:
    """Spans behind each other; `rate` in frames a second."""

    rate: int
    channels: int
    spans: tuple[Span, ...] = ()

    @property
    def frames(self) -> int:
        """Samples of a channel."""
        return sum(span.end - span.start for span in self.spans)

    def part(self, start: int, end: int) -> "Sound":
        """Return what lies between two frames, which may lie outside."""
        found, at = list[Span](), 0
        for span in self.spans:
            low, high = max(start - at, 0), min(end - at, span.end - span.start)
            if low < high:
                found.append(replace(span, start=span.start + low, end=span.start + high))
            at += span.end - span.start
        return replace(self, spans=tuple(found))

    def join(self, other: "Sound") -> "Sound":
        """Return both behind each other."""
        return replace(self, spans=self.spans + other.spans)

    def amplify(self, db: float) -> "Sound":
        """Return it louder; nothing is computed before it is read."""
        return replace(self, spans=tuple(replace(span, db=span.db + db) for span in self.spans))

    def read(self) -> AudioSegment:
        """Return all samples: ask for little at a time."""
        return self._segment(b"".join(self._samples(span) for span in self.spans))

    def blocks(self) -> Iterator[AudioSegment]:
        """Give the samples from the beginning."""
        step = BLOCK_SECONDS * self.rate
        for start in range(0, self.frames, step):
            yield self.part(start, start + step).read()

    def blocks_backwards(self) -> Iterator[AudioSegment]:
        """Give the samples from the end, each block turned round."""
        step = BLOCK_SECONDS * self.rate
        for end in range(self.frames, 0, -step):
            yield self.part(end - step, end).read().reverse()

    def peak(self) -> int:
        """Return the highest amplitude."""
        return max((int(block.max) for block in self.blocks()), default=0)

    def _segment(self, data: bytes) -> AudioSegment:
        return AudioSegment(data=data, sample_width=WIDTH, frame_rate=self.rate, channels=self.channels)

    def _samples(self, span: Span) -> bytes:
        width = WIDTH * self.channels
        data = os.pread(span.file, (span.end - span.start) * width, span.start * width)
        if len(data) < (span.end - span.start) * width:
            raise EOFError(f"{len(data)} bytes instead of {(span.end - span.start) * width}")
        return self._segment(data).apply_gain(span.db).raw_data if span.db else data


@dataclass(frozen=True, slots=True)
class Spool:
    """A file that takes in what is computed, and is read again."""

    file: BinaryIO

    def keep(self, like: Sound, segment: AudioSegment, frames: int) -> Sound:
        """Write the first `frames` of a segment; return them as a sound."""
        width = WIDTH * like.channels
        start = self.file.seek(0, os.SEEK_END) // width
        self.file.write(segment.raw_data[: frames * width])
        self.file.flush()
        return replace(like, spans=(Span(self.file.fileno(), start, start + frames),))


def decibels(amplitude: float) -> float:
    """Return a ratio of amplitudes as a level; of nothing, what stands for it."""
    return max(NOTHING, 20 * math.log10(amplitude)) if amplitude > 0 else NOTHING
