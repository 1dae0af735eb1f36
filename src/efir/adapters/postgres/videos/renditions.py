"""Renditions, segments and single files in PostgreSQL."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from efir.domain.kernel.ids import VideoId
from efir.domain.videos.hls import bit_rates
from efir.ports.videos.renditions import Asset, FileFacts, NewRendition, NewSegment, RenditionFacts, SegmentFacts

OF_VIDEO = """
select id, name, kind, codecs, width, height, frame_rate, timescale, init_key, temporary, listed, complete, bandwidth,
       average_bandwidth, channels, target_duration, growing
  from renditions where video_id = $1 and generation = $2 order by height desc, name"""

FILE = """
select f.key, f.size, f.sha256, f.content_type, v.visibility, v.owner_id, v.access_epoch
  from ({files}) f join videos v on v.id = $1 and v.deleted_at is null limit 1"""

SEGMENT_FILE = FILE.format(
    files="""
    select s.key, s.size, s.sha256, case r.kind when 'audio' then 'audio/mp4' else 'video/mp4' end as content_type
      from segments s join renditions r on r.id = s.rendition_id where s.key = $2 and r.video_id = $1
    union all
    select r.init_key, r.init_size, r.init_sha256, case r.kind when 'audio' then 'audio/mp4' else 'video/mp4' end
      from renditions r where r.init_key = $2 and r.video_id = $1"""
)
ASSET = FILE.format(
    files="""select a.key, a.size, a.sha256, a.content_type from video_assets a
              where a.video_id = $1 and a.generation = $2 and a.name = $3"""
)

PUT = """
insert into renditions (video_id, generation, name, kind, codecs, timescale, init_key, init_size, init_sha256, width,
                        height, frame_rate, temporary, channels, target_duration, growing)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
on conflict (video_id, generation, name) do update set name = excluded.name returning id"""

SEGMENTS = """
select s.ordinal, s.size, s.ticks, r.timescale, r.target_duration
  from segments s join renditions r on r.id = s.rendition_id where r.id = $1 order by s.ordinal"""

FINISH = "update renditions set listed = $2, complete = $3, bandwidth = $4, average_bandwidth = $5 where id = $1"

TEMPORARY_KEYS = """
with old as (select id, init_key from renditions where video_id = $1 and generation = $2 and temporary)
select init_key from old union all select s.key from segments s join old on old.id = s.rendition_id"""


class PostgresRenditionViews:
    """Read models of renditions."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def list_by_video(self, video_id: VideoId, generation: int) -> list[RenditionFacts]:
        """List all renditions, tallest first."""
        return [RenditionFacts(*row) for row in await self._connection.fetch(OF_VIDEO, video_id, generation)]

    async def segments(self, rendition_id: UUID) -> list[SegmentFacts]:
        """List all segments in order."""
        sql = "select ordinal, start_ticks, ticks, key, size, sha256 from segments where rendition_id = $1 order by 1"
        return [SegmentFacts(*row) for row in await self._connection.fetch(sql, rendition_id)]

    async def segment_file(self, video_id: VideoId, key: str) -> FileFacts | None:
        """Find a media segment or initialisation segment by its key."""
        row = await self._connection.fetchrow(SEGMENT_FILE, video_id, key)
        return None if row is None else FileFacts(*row)

    async def asset(self, video_id: VideoId, generation: int, name: str) -> FileFacts | None:
        """Find a single file by its name."""
        row = await self._connection.fetchrow(ASSET, video_id, generation, name)
        return None if row is None else FileFacts(*row)


class PostgresRenditionRepository:
    """Renditions inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def put(self, video_id: VideoId, generation: int, rendition: NewRendition) -> UUID:
        """Store a rendition, or find the one with this name, and return its id; concurrent workers share one row."""
        given: UUID = await self._connection.fetchval(
            PUT, video_id, generation, rendition.name, rendition.kind, rendition.codecs, rendition.timescale,
            rendition.init_key, rendition.init_size, rendition.init_sha256, rendition.width, rendition.height,
            rendition.frame_rate, rendition.temporary, rendition.channels, rendition.target_duration,
            rendition.growing,
        )  # fmt: skip
        return given

    async def add_segments(self, rendition_id: UUID, segments: Sequence[NewSegment]) -> None:
        """Store segments; an existing ordinal is not replaced."""
        await self._connection.executemany(
            """insert into segments (rendition_id, ordinal, start_ticks, ticks, key, size, sha256)
               values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing""",
            [(rendition_id, s.ordinal, s.start_ticks, s.ticks, s.key, s.size, s.sha256) for s in segments],
        )

    async def finish(self, rendition_id: UUID, *, complete: bool) -> None:
        """List a rendition in the master playlist once its first segment exists; `complete` ends its playlist."""
        found = await self._connection.fetch(SEGMENTS, rendition_id)
        if not found:
            return
        sizes, ticks = [row["size"] for row in found], [row["ticks"] for row in found]
        rates = bit_rates(sizes, ticks, found[0]["timescale"], found[0]["target_duration"])
        await self._connection.execute(FINISH, rendition_id, found[0]["ordinal"] == 0, complete, *rates)

    async def end_growing(self, video_id: VideoId, generation: int) -> None:
        """End growing playlists at their current length, when no more segments will follow."""
        await self._connection.execute(
            "update renditions set complete = true where video_id = $1 and generation = $2 and growing",
            video_id, generation,
        )  # fmt: skip

    async def unlist_temporary(self, video_id: VideoId, generation: int) -> None:
        """Remove temporary renditions from the master playlist; clients that play one can play it to its end."""
        await self._connection.execute(
            "update renditions set listed = false where video_id = $1 and generation = $2 and temporary",
            video_id, generation,
        )  # fmt: skip

    async def temporary_keys(self, video_id: VideoId, generation: int) -> list[str]:
        """Return the keys of all files of the temporary renditions."""
        return [row[0] for row in await self._connection.fetch(TEMPORARY_KEYS, video_id, generation)]

    async def drop_temporary(self, video_id: VideoId, generation: int) -> None:
        """Delete the rows of the temporary renditions."""
        await self._connection.execute(
            "delete from renditions where video_id = $1 and generation = $2 and temporary", video_id, generation
        )

    async def put_asset(self, video_id: VideoId, generation: int, asset: Asset) -> None:
        """Store a single file, replacing one with the same name."""
        await self._connection.execute(
            """insert into video_assets (video_id, generation, name, kind, key, size, sha256, content_type, width,
                                         height)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               on conflict (video_id, generation, name) do update set key = excluded.key, size = excluded.size,
                   sha256 = excluded.sha256, content_type = excluded.content_type, width = excluded.width,
                   height = excluded.height""",
            video_id, generation, asset.name, asset.kind, asset.key, asset.size, asset.sha256, asset.content_type,
            asset.width, asset.height,
        )  # fmt: skip
