"""Probing, converting and verifying media files; implementations confine untrusted bytes in a child process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from efir.domain.processing.ladder import Plan, Rung
from efir.domain.processing.source_facts import MediaFacts

Report = Callable[[float], None]
"""Receives progress from 0 to 1, from time to time, on the event loop."""


class MediaFile(Struct, frozen=True, kw_only=True):
    """A finished local file; `sha256` is hexadecimal."""

    path: Path
    size: int
    sha256: str


class Segment(Struct, frozen=True, kw_only=True):
    """A CMAF media segment of a track, playable after the track's init file; times in the track's timescale."""

    ordinal: int
    file: MediaFile
    start_ticks: int
    ticks: int
    frames: int
    independent: bool


class Track(Struct, frozen=True, kw_only=True):
    """One rendition, or a chunk of one: CMAF init file and segments, with the values that a playlist must declare.

    `name` is the rung (`720p`), `copy` or `audio`; `codecs` is an RFC 6381 string read from the init file.
    Video has `width`, `height` and the frame rate; audio has `channels` and `sample_rate`; the others are 0.
    """

    name: str
    kind: str
    codecs: str
    timescale: int
    init: MediaFile
    segments: tuple[Segment, ...]
    width: int = 0
    height: int = 0
    rate_num: int = 0
    rate_den: int = 1
    channels: int = 0
    sample_rate: int = 0


class Still(Struct, frozen=True, kw_only=True):
    """A JPEG frame of the video; `kind` is `tile` (storyboard) or `poster` (candidate)."""

    kind: str
    frame: int
    file: MediaFile


class CopiedTracks(Struct, frozen=True, kw_only=True):
    """The first playable tracks when the video is copied from the source; audio that cannot be copied is encoded."""

    video: Track
    audio: Track | None
    stills: tuple[Still, ...] = ()


class ChunkOutput(Struct, frozen=True, kw_only=True):
    """One encoded and verified chunk: a track per rung, with segments numbered over the whole rendition, and stills."""

    ordinal: int
    tracks: tuple[Track, ...]
    stills: tuple[Still, ...]
    cpu_seconds: float


class Picture(Struct, frozen=True, kw_only=True):
    """A still image for display; `kind` is `poster` or `storyboard`, `ordinal` counts within the kind."""

    kind: str
    ordinal: int
    media_type: str
    width: int
    height: int
    file: MediaFile


class Pictures(Struct, frozen=True, kw_only=True):
    """Posters (best first, each in several sizes and formats), storyboard sheets, and the WebVTT map over them.

    The map refers to sheets by relative URL: `storyboard-0.webp#xywh=…`, with the ordinal of the sheet.
    """

    posters: tuple[Picture, ...]
    sheets: tuple[Picture, ...]
    map: MediaFile


class MediaProbe(Protocol):
    """Probes media files."""

    async def probe(self, source: Path) -> MediaFacts:
        """Return the facts of a local file, read within limits of time and memory.

        Raises a MediaRefused of domain/processing/source_facts.py, or MediaWorkFailed when the machine is at fault.
        """
        ...


class MediaConverter(Protocol):
    """Converts a local source into verified files in `out`, an existing empty directory of the caller.

    Cancelling the task kills every child process and removes scratch files; the content of `out` is then unusable.
    All methods raise MediaRefused for a bad source, RenditionDamaged for a failed check, and MediaWorkFailed, its base
    class, for all other failures.
    """

    async def copy(self, source: Path, facts: MediaFacts, out: Path, report: Report) -> CopiedTracks:
        """Split H.264 video at its keyframes without re-encoding; call only when `can_copy_video(facts)`."""
        ...

    async def encode_chunk(
        self,
        source: Path,
        facts: MediaFacts,
        plan: Plan,
        ordinal: int,
        rungs: Sequence[Rung],
        out: Path,
        report: Report,
        *,
        fast: bool = False,
    ) -> ChunkOutput:
        """Encode frames `plan.span(ordinal)` for all given rungs from one decode; `fast` trades quality for speed."""
        ...

    async def encode_audio(self, source: Path, facts: MediaFacts, plan: Plan, out: Path, report: Report) -> Track:
        """Encode the first audio track of the whole file as stereo AAC; call only when `plan.audio`."""
        ...

    async def make_mp4(self, video: Track, audio: Track | None, out: Path, report: Report) -> MediaFile:
        """Create one progressive MP4 (index first) from complete tracks, without re-encoding."""
        ...

    async def make_pictures(self, stills: Sequence[Still], plan: Plan, out: Path) -> Pictures:
        """Create posters, and a storyboard when there are tiles, from the stills of a copy, a chunk or all chunks."""
        ...

    async def check(self, plan: Plan, tracks: Sequence[Track], scratch: Path) -> None:
        """Verify complete tracks: order, times, frames, digests, decoding, aligned segments, audio in line with video.

        Temporary files are created in `scratch`. Raises RenditionDamaged with the track and the segment.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPorts:
    """Ports that probe and convert media files."""

    probe: MediaProbe
    converter: MediaConverter
