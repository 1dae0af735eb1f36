"""Reading, converting and checking media files. Every implementation confines foreign bytes in a child process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from efir.domain.processing.ladder import Plan, Rung
from efir.domain.processing.source_facts import MediaFacts

Report = Callable[[float], None]
"""Receives progress from 0 to 1, now and then, on the event loop."""


class MediaFile(Struct, frozen=True, kw_only=True):
    """A finished local file; `sha256` is hexadecimal."""

    path: Path
    size: int
    sha256: str


class Segment(Struct, frozen=True, kw_only=True):
    """A piece of a track that plays after the track's init file; times in the track's timescale."""

    ordinal: int
    file: MediaFile
    start_ticks: int
    ticks: int
    frames: int
    independent: bool


class Track(Struct, frozen=True, kw_only=True):
    """One rendition, or a chunk of one: CMAF init file and segments, with what a playlist must declare about it.

    `name` is the rung (`720p`), `copy` or `audio`; `codecs` is an RFC 6381 string read from the init file.
    Video has `width`, `height` and the rate; audio has `channels` and `sample_rate`; the others are 0.
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
    """What plays first when the source is served as it is; sound is encoded when it could not be copied."""

    video: Track
    audio: Track | None
    stills: tuple[Still, ...] = ()


class ChunkOutput(Struct, frozen=True, kw_only=True):
    """One chunk: a track per rung (segments counted over the whole rendition) and its stills; already checked."""

    ordinal: int
    tracks: tuple[Track, ...]
    stills: tuple[Still, ...]
    cpu_seconds: float


class Picture(Struct, frozen=True, kw_only=True):
    """A still picture made for people; `kind` is `poster` or `storyboard`, `ordinal` counts within the kind."""

    kind: str
    ordinal: int
    media_type: str
    width: int
    height: int
    file: MediaFile


class Pictures(Struct, frozen=True, kw_only=True):
    """Posters (best first, each in several sizes and formats), storyboard sheets, and the WebVTT map over them.

    The map names sheets as lying beside it: `storyboard-0.webp#xywh=…`, with the ordinal of the sheet.
    """

    posters: tuple[Picture, ...]
    sheets: tuple[Picture, ...]
    map: MediaFile


class MediaProbe(Protocol):
    """Looks into a file."""

    async def probe(self, source: Path) -> MediaFacts:
        """Facts about a local file, within limits.

        Raises a MediaRefused of domain/processing/source_facts.py, or MediaWorkFailed when the machine is at fault.
        """
        ...


class MediaConverter(Protocol):
    """Turns a local source into checked files below `out`, an existing empty directory of the caller.

    Cancelling the task kills every child and removes scratch files; what lies in `out` is then worthless.
    All raise MediaRefused for a bad source and MediaWorkFailed (RenditionDamaged for a failed check) for the rest.
    """

    async def copy(self, source: Path, facts: MediaFacts, out: Path, report: Report) -> CopiedTracks:
        """Cut H.264 at its keyframes without encoding it again; call only when `can_copy_video(facts)`."""
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
        """Encode the first sound track as stereo AAC, the whole file at once; call only when `plan.audio`."""
        ...

    async def make_mp4(self, video: Track, audio: Track | None, out: Path, report: Report) -> MediaFile:
        """One progressive MP4 (index first) from complete tracks, without encoding again."""
        ...

    async def make_pictures(self, stills: Sequence[Still], plan: Plan, out: Path) -> Pictures:
        """Posters, and a storyboard when there are tiles, from the stills of a copy, a chunk or all chunks."""
        ...

    async def check(self, plan: Plan, tracks: Sequence[Track], scratch: Path) -> None:
        """Prove complete tracks right: order, times, frames, digests, decoding, equal cuts, sound beside picture.

        Temporary files lie below `scratch`. Raises RenditionDamaged naming track and segment.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPorts:
    """What looks into files and converts them."""

    probe: MediaProbe
    converter: MediaConverter
