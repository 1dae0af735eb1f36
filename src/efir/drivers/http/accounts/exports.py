"""The own data as a file, over HTTP."""

from functools import partial
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import ONESELF
from efir.application.accounts.exports import ExportGone, ExportNotFound, find_export, start_export
from efir.application.context import Call
from efir.domain.auth.sessions import NoSession, ScopeMissing, StepUpNeeded
from efir.domain.jobs import JobId
from efir.drivers._asgi.files import PRIVATE, FileAnswer, FileHead
from efir.drivers.http.accounts.bodies import AcceptedJob
from efir.drivers.http.kernel.problems import raises


class ExportsController(Controller):
    """The own data as a file."""

    path = "/api/v1/users/me"
    tags = ("Accounts",)
    opt = ONESELF

    @get("/export", operation_id="exportMe", status_code=202, responses=raises(NoSession, ScopeMissing, StepUpNeeded))
    async def export(self, call: NamedDependency[Call]) -> Response[AcceptedJob]:
        """Export all of your data; asking again within an hour returns the same job."""
        call.user("account.read")
        credential = call.require_credential()
        job = await start_export(call.ports, credential=credential, password=None, now=call.now)
        return Response(AcceptedJob(job), status_code=202, headers={"location": f"/api/v1/jobs/{job.id}"})

    @get(
        "/exports/{export_id:uuid}",
        operation_id="downloadExport",
        responses=raises(NoSession, ScopeMissing, ExportNotFound, ExportGone),
        include_in_schema=False,
    )
    async def download(self, export_id: FromPath[UUID], call: NamedDependency[Call]) -> FileAnswer:
        """Send the file; it can be fetched for a day."""
        user_id = call.user("account.read")
        key = await find_export(call.ports, user_id=user_id, export_id=JobId(export_id), now=call.now)
        head = FileHead(
            media_type="application/zip",
            tag=f'"{export_id}"',
            cache_control=PRIVATE,
            download_name=f"efir-{call.now.date().isoformat()}.zip",
            headers={"content-security-policy": "sandbox"},
        )
        return FileAnswer(partial(call.ports.blobs.open, key), head)
