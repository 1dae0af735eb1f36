"""The periodic work of uploads, and the work of workers at their start."""

from collections.abc import Sequence

from efir.application.jobs.work import Tick
from efir.application.uploads.uploads import expire_uploads, sweep_staging

TICKS: Sequence[Tick] = (expire_uploads,)
STARTS: Sequence[Tick] = (sweep_staging,)
