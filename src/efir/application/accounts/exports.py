"""Data exports: a file with everything stored about a user, created by a job and available for a day."""

from datetime import datetime, timedelta

import msgspec

from efir.application.auth.reauthentication import reauthenticate
from efir.application.context import Ports
from efir.application.jobs.engine import Progress, view_of
from efir.domain.jobs import ClaimedJob, JobId, JobKind, JobNotFound, JobState, NewJob
from efir.domain.kernel.errors import Gone, NotFound
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.ownership import require_owner
from efir.ports.access.credential_cache import Credential
from efir.ports.jobs.jobs import JobRow, JobView
from efir.ports.kernel.blobs import BlobKey, blob_key

KIND = JobKind.EXPORT_USER
AGAIN = timedelta(hours=1)
ENDED_BADLY = frozenset({JobState.FAILED, JobState.POISON, JobState.CANCELLED})
ABOUT = """This archive holds what the service stores about you, one JSON file for each subject.
Times are UTC. Login sessions are your devices. Your videos, recordings and pictures can be downloaded from their pages.
Keys of passkeys, codes, tokens and passwords are left out: whoever reads this archive cannot sign in with it.
Questions of the quiz belong to nobody, so there are none of yours.
"""


class ExportNotFound(NotFound):
    """The user has no such export."""

    code = "export-not-found"
    title = "There is no such export"


class ExportGone(Gone):
    """An export can be downloaded for a limited time."""

    code = "export-gone"
    title = "This export has expired; request a new one"


async def start_export(ports: Ports, *, credential: Credential, password: str | None, now: datetime) -> JobView:
    """Return the job that creates the export: the one of the last hour, or a new one.

    A login session must be recent or be confirmed by the password; a token may do what its scopes allow.
    Raises StepUpNeeded, WrongPassword.
    """
    user_id = UserId(credential.user_id)
    if credential.session_id is not None:
        await reauthenticate(ports, credential, password=password, now=now)
    async with ports.begin() as tx:
        await tx.profiles.account(user_id, lock=True)  # two concurrent requests create one job
        found = await tx.views.jobs.find_newest(user_id, KIND)
        if found is None or found.state in ENDED_BADLY or now - found.created_at > AGAIN:
            (job_id,) = await tx.jobs.put([NewJob(kind=KIND, subject=user_id, owner_id=user_id, priority=2)])
            found = await tx.views.jobs.one(job_id)
    return view_of(found)


async def find_latest_export(ports: Ports, *, user_id: UserId, now: datetime) -> JobView | None:
    """Return the newest export that is in progress or can be downloaded, or None."""
    async with ports.read() as views:
        found = await views.jobs.find_newest(user_id, KIND)
    if found is None or found.state in ENDED_BADLY or (found.output is not None and _available_until(found) <= now):
        return None
    return view_of(found)


async def find_export(ports: Ports, *, user_id: UserId, export_id: JobId, now: datetime) -> BlobKey:
    """Return the key of an export's file. Raises ExportNotFound, ExportGone."""
    async with ports.read() as views:
        try:
            found = await views.jobs.one(export_id)
        except JobNotFound:
            raise ExportNotFound from None
    require_owner(found.owner_id, user_id, ExportNotFound)
    if found.kind != KIND or found.output is None:
        raise ExportNotFound
    if _available_until(found) <= now:
        raise ExportGone
    return blob_key(found.output["key"])


async def export_user(ports: Ports, job: ClaimedJob, progress: Progress) -> None:
    """Write everything that is stored about a user to an archive."""
    files = {"about.txt": ABOUT.encode()}
    async with ports.read() as views:
        subjects = views.exports.subjects
        for number, subject in enumerate(subjects, 1):
            rows = await views.exports.rows(subject, UserId(job.subject))
            files[f"{subject}.json"] = msgspec.json.format(msgspec.json.encode(rows), indent=2)
            progress(number / (len(subjects) + 1))
    key = blob_key(f"exports/{job.id}/{job.fence}.zip")
    async with ports.scratch.directory("export") as folder:
        await ports.archives.pack(files, folder / "export.zip")
        await ports.blobs.put_file(key, folder / "export.zip")
    life = ports.limits.export_seconds
    until = (ports.clock() + timedelta(seconds=life)).isoformat()
    async with ports.begin() as tx:
        await tx.jobs.finish(job, {"url": ports.links.export(job.id), "key": key, "until": until})
        await tx.jobs.put([NewJob(kind=JobKind.DROP_EXPORT, subject=job.id, priority=3, delay=life)])


async def drop_export(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Remove an expired export."""
    await ports.blobs.delete_prefix(blob_key(f"exports/{job.subject}"))
    async with ports.begin() as tx:
        await tx.jobs.finish(job)


def _available_until(row: JobRow) -> datetime:
    return datetime.fromisoformat((row.output or {})["until"])
