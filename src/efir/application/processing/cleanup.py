"""Clean-up jobs: they delete files that are no longer needed, then the rows."""

from efir.application.context import Ports
from efir.application.jobs.engine import Progress
from efir.domain.jobs import ClaimedJob
from efir.domain.kernel.ids import VideoId
from efir.ports.kernel.blobs import blob_key


async def drop_first_renditions(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Delete the first renditions that the ladder has replaced, once no player can still use them."""
    async with ports.begin() as tx:
        keys = await tx.renditions.temporary_keys(VideoId(job.subject), job.facts["generation"])
    for key in keys:
        await ports.blobs.delete(blob_key(key))
    async with ports.begin() as tx:
        await tx.jobs.finish(job)
        await tx.renditions.drop_temporary(VideoId(job.subject), job.facts["generation"])
    await ports.blobs.delete_prefix(blob_key(f"vid/{job.subject}/{job.facts['generation']}/stills"))


async def purge_video(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Delete the files of a deleted video, then its rows."""
    async with ports.begin() as tx:
        sources = await tx.videos.find_deleted_sources(VideoId(job.subject))
    for key in sources:
        await ports.blobs.delete(blob_key(key))
    await ports.blobs.delete_prefix(blob_key(f"vid/{job.subject}"))
    async with ports.begin() as tx:
        await tx.jobs.finish(job)
        await tx.videos.purge(VideoId(job.subject))
