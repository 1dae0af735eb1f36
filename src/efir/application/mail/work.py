"""What mails contribute to the work of workers."""

from collections.abc import Sequence

from efir.application.jobs.engine import JobHandler, JobHandlers
from efir.application.jobs.work import Tick
from efir.application.mail.mails import forget_mails, mail_failed, send_mail
from efir.domain.jobs import JobKind
from efir.domain.mail import DELAYS

JOBS: JobHandlers = {JobKind.SEND_MAIL: JobHandler(work=send_mail, after_failure=mail_failed, delays=DELAYS)}
TICKS: Sequence[Tick] = (forget_mails,)
