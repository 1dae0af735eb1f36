"""Videos in PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from efir.adapters.postgres.kernel.mapping import build_insert, to_domain, to_values
from efir.adapters.postgres.kernel.pagination import keyset
from efir.domain.channels import fold
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.videos.video import Video, VideoNotFound, VideoState
from efir.ports.kernel.pagination import PageRequest, Position, Rows, build_rows
from efir.ports.videos.videos import VideoChange, VideoFacts

COLUMNS = """id, channel_id, owner_id, title, description, tags, visibility, state, generation, access_epoch,
       source_key, created_at, updated_at"""

FACTS = """
select v.id, v.owner_id, v.title, v.description, v.tags, v.state, v.visibility, v.generation, v.access_epoch,
       v.duration, v.width, v.height, v.views, v.likes, v.comments, c.handle, c.title, v.failure_code,
       v.failure_detail, v.created_at, v.published_at,
       exists (select from renditions r where r.video_id = v.id and r.generation = v.generation
                  and r.kind = 'video' and r.listed),
       array(select a.height from video_assets a
              where a.video_id = v.id and a.generation = v.generation and a.kind = 'mp4' order by a.height desc),
       exists (select from video_assets a
                where a.video_id = v.id and a.generation = v.generation and a.kind = 'poster'),
       exists (select from video_assets a
                where a.video_id = v.id and a.generation = v.generation and a.kind = 'storyboard')
  from videos v join channels c on c.id = v.channel_id
 where v.deleted_at is null and """

NEWEST = "v.visibility = 'public' and v.state in ('playable','ready') and {where}"
PAGE = " order by {order} limit {limit}"


class PostgresVideoViews:
    """Read models of videos: one statement each."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, video_id: VideoId) -> VideoFacts:
        """Return a video. Raises VideoNotFound."""
        row = await self._connection.fetchrow(FACTS + "v.id = $1", video_id)
        if row is None:
            raise VideoNotFound
        return VideoFacts(*row)

    async def list_newest(
        self, wanted: PageRequest, *, channel: str | None, tag: str | None, user: str | None
    ) -> Rows[VideoFacts]:
        """List public watchable videos, newest first; `user` is the nickname of the owner."""
        filters, arguments = "", list[Any]()
        if channel is not None:
            arguments.append(channel)
            filters += f" and c.handle = ${len(arguments)}"
        if tag is not None:
            arguments.append([fold(tag)])
            filters += f" and v.tag_keys @> ${len(arguments)}::text[]"
        if user is not None:
            arguments.append(user)
            filters += f" and v.owner_id = (select id from user_account where nickname = ${len(arguments)})"  # noqa: S608  # a number
        sql, position = keyset(
            FACTS + NEWEST + filters + PAGE, wanted, key="v.published_at", id_column="v.id", kind="timestamptz",
            read=datetime.fromisoformat, first=len(arguments) + 1,
        )  # fmt: skip
        rows = [VideoFacts(*row) for row in await self._connection.fetch(sql, *arguments, *position)]
        return build_rows(rows, wanted, lambda row: Position(row.published_at.isoformat(), str(row.id)))

    async def list_by_owner(self, owner: UserId, wanted: PageRequest) -> Rows[VideoFacts]:
        """List all videos of a user, newest first, whatever their state."""
        sql, position = keyset(
            FACTS + "v.owner_id = $1 and {where}" + PAGE, wanted, key="v.id", id_column="v.id", kind="uuid",
            read=UUID, first=2,
        )  # fmt: skip
        rows = [VideoFacts(*row) for row in await self._connection.fetch(sql, owner, *position)]
        return build_rows(rows, wanted, lambda row: Position(str(row.id), str(row.id)))


class PostgresVideoRepository:
    """Videos inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def add(self, video: Video) -> None:
        """Store a new video."""
        values = {**to_values(video), "tag_keys": [fold(tag) for tag in video.tags]}
        await self._connection.execute(build_insert("videos", values), *values.values())

    async def get(self, video_id: VideoId, *, lock: bool = False) -> Video:
        """Return a video that is not deleted; `lock` locks its row. Raises VideoNotFound."""
        found = await self.find(video_id, lock=lock)
        if found is None:
            raise VideoNotFound
        return found

    async def find(self, video_id: VideoId, *, lock: bool = False) -> Video | None:
        """Return a video, or None when it is unknown or deleted."""
        sql = f"select {COLUMNS} from videos where id = $1 and deleted_at is null"  # noqa: S608  # own names only
        row = await self._connection.fetchrow(sql + (" for update" if lock else ""), video_id)
        return None if row is None else to_domain(row, Video)

    async def change(self, video_id: VideoId, change: VideoChange, *, now: datetime) -> None:
        """Store new values; a change of visibility increments the access epoch."""
        await self._connection.execute(
            """update videos set title = coalesce($2, title), description = coalesce($3, description),
                      tags = coalesce($4, tags), tag_keys = coalesce($5, tag_keys),
                      access_epoch = access_epoch + ($6::text is distinct from null and $6 <> visibility)::int,
                      visibility = coalesce($6, visibility), updated_at = $7, version = version + 1
                where id = $1""",
            video_id, change.title, change.description, change.tags,
            None if change.tags is None else [fold(tag) for tag in change.tags], change.visibility, now,
        )  # fmt: skip

    async def set_state(self, video_id: VideoId, state: VideoState, *, now: datetime, **facts: Any) -> None:
        """Change the state and store the facts found by processing; the first watchable state sets `published_at`."""
        names = "".join(f", {name} = ${position}" for position, name in enumerate(facts, 4))
        await self._connection.execute(
            f"""update videos set state = $2, updated_at = $3, version = version + 1,
                       published_at = case when $2 in ('playable','ready') then coalesce(published_at, $3)
                                           else published_at end{names}
                 where id = $1 and deleted_at is null""",  # noqa: S608  # names from the code, not input
            video_id, state.value, now, *facts.values(),
        )  # fmt: skip

    async def start_again(self, video_id: VideoId, *, now: datetime) -> None:
        """Start a new generation: state uploaded, no failure, no files."""
        await self._connection.execute(
            """update videos set generation = generation + 1, state = 'uploaded', failure_code = null,
                      failure_detail = null, updated_at = $2, version = version + 1 where id = $1""",
            video_id, now,
        )  # fmt: skip

    async def delete(self, video_id: VideoId, *, now: datetime) -> None:
        """Mark a video as deleted: it is hidden from all users and jobs."""
        await self._connection.execute(
            "update videos set deleted_at = $2, access_epoch = access_epoch + 1 where id = $1", video_id, now
        )

    async def ids_of(self, owner: UserId, *, limit: int) -> list[VideoId]:
        """Return up to `limit` videos of a user that are not deleted."""
        sql = "select id from videos where owner_id = $1 and deleted_at is null order by id limit $2"
        return [VideoId(row[0]) for row in await self._connection.fetch(sql, owner, limit)]

    async def find_deleted_sources(self, video_id: VideoId) -> list[str]:
        """Return the keys of the source files of a deleted video."""
        sql = "select source_key from videos where id = $1 and deleted_at is not null"
        return [row[0] for row in await self._connection.fetch(sql, video_id)]

    async def purge(self, video_id: VideoId) -> None:
        """Delete the rows of a deleted video."""
        await self._connection.execute("delete from videos where id = $1 and deleted_at is not null", video_id)
        await self._connection.execute("delete from jobs where subject = $1 and generation > 0", video_id)
