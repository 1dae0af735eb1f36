"""The periodic work of authentication."""

from collections.abc import Sequence

from efir.application.auth.login_history import shorten_logins
from efir.application.auth.signing_keys import tend_signing_keys
from efir.application.jobs.work import Tick

TICKS: Sequence[Tick] = (tend_signing_keys, shorten_logins)
