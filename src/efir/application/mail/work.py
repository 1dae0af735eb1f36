"""The jobs and periodic work of mails."""

from collections.abc import Sequence

from efir.application.jobs.engine import JobHandler, JobHandlers
from efir.application.jobs.work import Tick
from efir.application.mail.mails import forget_mails, handle_mail_failure, send_mail
from efir.domain.jobs import JobKind
from efir.domain.mail import DELAYS

JOBS: JobHandlers = {JobKind.SEND_MAIL: JobHandler(work=send_mail, after_failure=handle_mail_failure, delays=DELAYS)}
TICKS: Sequence[Tick] = (forget_mails,)
