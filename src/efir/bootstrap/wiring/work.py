"""The work of workers, composed from all areas."""

from efir.application import pictures
from efir.application.access import work as access
from efir.application.accounts import work as accounts
from efir.application.audio import work as audio
from efir.application.auth import work as auth
from efir.application.jobs import work as jobs
from efir.application.jobs.work import Work
from efir.application.mail import work as mail
from efir.application.processing import work as processing
from efir.application.uploads import work as uploads

WORK = Work(
    jobs={**mail.JOBS, **pictures.JOBS, **processing.JOBS, **audio.JOBS, **accounts.JOBS},
    consumers={**processing.CONSUMERS, **audio.CONSUMERS},
    ticks=(
        *(*access.TICKS, *uploads.TICKS, *accounts.TICKS, *pictures.TICKS),
        *(*auth.TICKS, *mail.TICKS, *jobs.TICKS),
    ),
    starts=(*uploads.STARTS, *pictures.STARTS),
)
