"""The jobs and periodic work of roles and bans."""

from collections.abc import Sequence

from efir.application.access.bans import lift_ended_bans
from efir.application.access.invalidation import spread_waiting
from efir.application.jobs.work import Tick

TICKS: Sequence[Tick] = (spread_waiting, lift_ended_bans)
