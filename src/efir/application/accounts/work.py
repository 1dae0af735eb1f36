"""The jobs, event consumers and periodic work of accounts."""

from collections.abc import Sequence

from efir.application.accounts.deletion import purge_user
from efir.application.accounts.exports import drop_export, export_user
from efir.application.accounts.passwords import answer_reset
from efir.application.accounts.registrations import forget_registrations
from efir.application.jobs.engine import JobHandler, JobHandlers
from efir.application.jobs.work import Tick
from efir.domain.jobs import JobKind

JOBS: JobHandlers = {
    JobKind.ANSWER_RESET: JobHandler(work=answer_reset),
    JobKind.EXPORT_USER: JobHandler(work=export_user),
    JobKind.DROP_EXPORT: JobHandler(work=drop_export),
    JobKind.PURGE_USER: JobHandler(work=purge_user),
}
TICKS: Sequence[Tick] = (forget_registrations,)
