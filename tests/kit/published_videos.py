"""Videos made without HTTP: a finished upload, then the jobs run here or by real workers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from efir.application.accounts.signup import register_user
from efir.application.context import Ports, Visitor
from efir.application.jobs.engine import run_next
from efir.application.videos.videos import create_video
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import Queue
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.uploads import UploadId
from efir.drivers.workers.actors import handlers_of
from efir.ports.kernel.blobs import blob_key
from efir.ports.videos.videos import VideoChange, VideoView

Published = Callable[[Path], Awaitable[VideoView]]


async def owner_of(ports: Ports) -> UserId:
    """Somebody with a channel."""
    user = await register_user(
        ports, email="ada@example.org", nickname="ada", password="a long quiet evening", display_name=None,
        visitor=Visitor(), now=ports.clock(),
    )  # fmt: skip
    return UserId(user.id)


def publisher(ports: Ports, owner: UserId, connection: Any) -> Published:
    """Make a video of a local file, as if it had just been uploaded."""

    async def publish_file(path: Path) -> VideoView:
        upload_id = UploadId(ports.new_id())
        content = await asyncio.to_thread(path.read_bytes)
        await ports.blobs.put_bytes(blob_key(f"src/{upload_id}"), content)
        await connection.execute(
            """insert into uploads (id, owner_id, state, length, stored_offset, expires_at)
               values ($1, $2, 'finished', $3, $3, $4)""",
            upload_id, owner, len(content), ports.clock() + timedelta(days=1),
        )  # fmt: skip
        about = VideoChange(title="A clip")
        return await create_video(ports, owner=owner, upload_id=upload_id, about=about, channel=None, now=ports.clock())

    return publish_file


async def worked(ports: Ports, *queues: Queue) -> list[str]:
    """Do all jobs that can be done now, both queues side by side; answers what happened."""
    told: list[str] = []

    async def drain(queue: Queue) -> bool:
        did = False
        while await run_next(
            ports,
            handlers_of(queue, WORK.jobs),
            queue=queue,
            worker="test",
            told=lambda event, job, error: told.append(f"{job.kind} {event} {error!r}"),
        ):
            did = True
        return did

    while any(await asyncio.gather(*(drain(queue) for queue in queues or tuple(Queue)))):
        pass
    return told


async def shown(ports: Ports, video_id: UUID) -> Any:
    """The video as stored."""
    async with ports.read() as views:
        return await views.videos.one(VideoId(video_id))
