"""Jobs over HTTP."""

from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import SIGNED_IN
from efir.application.context import Call
from efir.application.jobs.engine import get_job
from efir.domain.auth.sessions import NoSession
from efir.domain.jobs import JobId, JobNotFound
from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.kernel.problems import raises
from efir.ports.jobs.jobs import JobView


class JobsController(Controller):
    """Accepted work."""

    path = "/api/v1/jobs"
    tags = ("Jobs",)
    opt = SIGNED_IN

    @get("/{job_id:uuid}", operation_id="getJob", responses=raises(NoSession, JobNotFound))
    async def one(self, job_id: FromPath[UUID], call: NamedDependency[Call]) -> JobView:
        """Return how far accepted work has come."""
        return await get_job(call.ports, job_id=JobId(job_id), user_id=call.require_anybody())


HANDLERS: Controllers = (JobsController,)
