"""What uploads contribute to the work of workers."""

from collections.abc import Sequence

from efir.application.jobs.work import Tick
from efir.application.uploads.uploads import expire_uploads, sweep_staging

TICKS: Sequence[Tick] = (expire_uploads,)
STARTS: Sequence[Tick] = (sweep_staging,)
