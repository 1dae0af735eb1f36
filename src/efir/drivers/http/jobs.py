"""Jobs over HTTP."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.context import Call
from efir.application.jobs import get_job
from efir.application.needs import SIGNED_IN
from efir.domain.jobs import JobId, JobNotFound
from efir.domain.sessions import NoSession
from efir.drivers.http.problems import raises
from efir.ports.jobs import JobView


@get(
    "/api/v1/jobs/{job_id:uuid}",
    opt=SIGNED_IN,
    operation_id="getJob",
    tags=["Jobs"],
    responses=raises(NoSession, JobNotFound),
)
async def one(job_id: FromPath[UUID], call: NamedDependency[Call]) -> JobView:
    """Tell how far accepted work has come."""
    return await get_job(call.ports, job_id=JobId(job_id), user_id=call.anybody())


HANDLERS = [one]
