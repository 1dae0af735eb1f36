"""Storage of playable files: renditions with their segments, and single files; playlists are queries over them."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from efir.domain.kernel.ids import VideoId


class NewRendition(Struct, frozen=True, kw_only=True):
    """One encoding of a video's picture or audio.

    `name` is its path segment in URLs (`360`, `audio`, `first`). A `temporary` one is served until the full ladder is
    ready. Sizes are in pixels, bandwidths in bits per second; `init_key` is the key of the initialisation segment in
    the blob store. `target_duration` (seconds) is the same for all renditions listed together; `growing` means that
    the playlist is published before all segments exist. `channels` is the number of audio channels; 0 is unknown.
    """

    name: str
    kind: str
    codecs: str
    timescale: int
    init_key: str
    init_size: int
    init_sha256: str
    width: int = 0
    height: int = 0
    frame_rate: str = ""
    temporary: bool = False
    channels: int = 0
    target_duration: int = 1
    growing: bool = False


class NewSegment(Struct, frozen=True, kw_only=True):
    """A segment of a rendition; `start_ticks` and `ticks` are in the rendition's timescale."""

    ordinal: int
    start_ticks: int
    ticks: int
    key: str
    size: int
    sha256: str


class Asset(Struct, frozen=True, kw_only=True):
    """A single file of a video: progressive MP4, poster, storyboard sheet or its map; `name` is its name in URLs."""

    name: str
    kind: str
    key: str
    size: int
    sha256: str
    content_type: str
    width: int = 0
    height: int = 0


class RenditionFacts(Struct, frozen=True, array_like=True):
    """A rendition with the values that playlists need, in column order; bandwidths are measured from the segments."""

    id: UUID
    name: str
    kind: str
    codecs: str
    width: int
    height: int
    frame_rate: str
    timescale: int
    init_key: str
    temporary: bool
    listed: bool
    complete: bool
    bandwidth: int
    average_bandwidth: int
    channels: int
    target_duration: int
    growing: bool


class SegmentFacts(Struct, frozen=True, array_like=True):
    """A segment with the values that playlists need, in column order."""

    ordinal: int
    start_ticks: int
    ticks: int
    key: str
    size: int
    sha256: str


class FileFacts(Struct, frozen=True, array_like=True):
    """A stored file requested by URL, with the values that decide about access; in column order."""

    key: str
    size: int
    sha256: str
    content_type: str
    visibility: str
    owner_id: UUID
    access_epoch: int


class RenditionRepository(Protocol):
    """Stores renditions within a transaction."""

    async def put(self, video_id: VideoId, generation: int, rendition: NewRendition) -> UUID:
        """Store a rendition, or find the one with this name, and return its id; concurrent workers share one row."""
        ...

    async def add_segments(self, rendition_id: UUID, segments: Sequence[NewSegment]) -> None:
        """Store segments; an existing ordinal is not replaced."""
        ...

    async def finish(self, rendition_id: UUID, *, complete: bool) -> None:
        """List a rendition in the master playlist once its first segment exists; `complete` ends its playlist."""
        ...

    async def end_growing(self, video_id: VideoId, generation: int) -> None:
        """End growing playlists at their current length, when no more segments will follow."""
        ...

    async def unlist_temporary(self, video_id: VideoId, generation: int) -> None:
        """Remove temporary renditions from the master playlist; clients that play one can play it to its end."""
        ...

    async def temporary_keys(self, video_id: VideoId, generation: int) -> list[str]:
        """Return the keys of all files of the temporary renditions."""
        ...

    async def drop_temporary(self, video_id: VideoId, generation: int) -> None:
        """Delete the rows of the temporary renditions."""
        ...

    async def put_asset(self, video_id: VideoId, generation: int, asset: Asset) -> None:
        """Store a single file, replacing one with the same name."""
        ...


class RenditionViews(Protocol):
    """Reads renditions."""

    async def list_by_video(self, video_id: VideoId, generation: int) -> list[RenditionFacts]:
        """List all renditions, tallest first."""
        ...

    async def segments(self, rendition_id: UUID) -> list[SegmentFacts]:
        """List all segments in order."""
        ...

    async def segment_file(self, video_id: VideoId, key: str) -> FileFacts | None:
        """Find a media segment or initialisation segment by its key."""
        ...

    async def asset(self, video_id: VideoId, generation: int, name: str) -> FileFacts | None:
        """Find a single file by its name."""
        ...
