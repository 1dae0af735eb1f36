"""What a video is played from: renditions with their segments, and single files. A playlist is a query over these."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from efir.domain.kernel.ids import VideoId


class NewRendition(Struct, frozen=True, kw_only=True):
    """One encoding of a video's picture or sound.

    `name` is its folder in addresses (`360`, `audio`, `first`). A `temporary` one serves until the full ladder is
    there. Sizes are pixels; bandwidths bits per second; `init_key` names the initialisation segment in the store.
    `target_duration` (seconds) is the same in everything that is listed together; `growing` says that the playlist
    begins before all segments are there. `channels` counts those of sound; 0 is unknown.
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
    """A stretch of a rendition; `start_ticks` and `ticks` count in the rendition's timescale."""

    ordinal: int
    start_ticks: int
    ticks: int
    key: str
    size: int
    sha256: str


class Asset(Struct, frozen=True, kw_only=True):
    """A single file of a video: a plain MP4, a poster, a storyboard sheet or its map; `name` is its address."""

    name: str
    kind: str
    key: str
    size: int
    sha256: str
    content_type: str
    width: int = 0
    height: int = 0


class RenditionFacts(Struct, frozen=True, array_like=True):
    """A rendition as playlists show it, in column order; bandwidths are measured from the stored segments."""

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
    """A segment as playlists show it, in column order."""

    ordinal: int
    start_ticks: int
    ticks: int
    key: str
    size: int
    sha256: str


class FileFacts(Struct, frozen=True, array_like=True):
    """A stored file asked for by address, with what decides who may have it; in column order."""

    key: str
    size: int
    sha256: str
    content_type: str
    visibility: str
    owner_id: UUID
    access_epoch: int


class RenditionRepository(Protocol):
    """Renditions inside a transaction."""

    async def put(self, video_id: VideoId, generation: int, rendition: NewRendition) -> UUID:
        """Store a rendition, or find the one of this name; two workers agree on one row."""
        ...

    async def add_segments(self, rendition_id: UUID, segments: Sequence[NewSegment]) -> None:
        """Store segments; the same ordinal again replaces nothing."""
        ...

    async def finish(self, rendition_id: UUID, *, complete: bool) -> None:
        """List a rendition in the master playlist once its first segment is there; `complete` ends its playlist."""
        ...

    async def end_growing(self, video_id: VideoId, generation: int) -> None:
        """End the playlists that still grow where they are: nothing more will come."""
        ...

    async def unlist_temporary(self, video_id: VideoId, generation: int) -> None:
        """Take temporary renditions out of the master playlist; who plays one can play it to its end."""
        ...

    async def temporary_keys(self, video_id: VideoId, generation: int) -> list[str]:
        """Return the keys of all files of the temporary renditions."""
        ...

    async def drop_temporary(self, video_id: VideoId, generation: int) -> None:
        """Forget the temporary renditions."""
        ...

    async def put_asset(self, video_id: VideoId, generation: int, asset: Asset) -> None:
        """Store a single file, replacing one of the same name."""
        ...


class RenditionViews(Protocol):
    """Renditions, read."""

    async def list_by_video(self, video_id: VideoId, generation: int) -> list[RenditionFacts]:
        """All renditions, tallest first."""
        ...

    async def segments(self, rendition_id: UUID) -> list[SegmentFacts]:
        """All segments in order."""
        ...

    async def segment_file(self, video_id: VideoId, key: str) -> FileFacts | None:
        """Find a segment or initialisation segment by its key."""
        ...

    async def asset(self, video_id: VideoId, generation: int, name: str) -> FileFacts | None:
        """Find a single file by its name."""
        ...
