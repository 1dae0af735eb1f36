"""Reauthentication: credentials change only shortly after a login, or with the present password."""

from datetime import datetime, timedelta

from efir.application.context import Ports
from efir.application.kernel.rate_limits import QUARTER, enforce_limits
from efir.domain.auth.sessions import StepUpNeeded
from efir.domain.kernel.errors import Forbidden
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.rate_limits import Rate
from efir.domain.users import WrongPassword
from efir.ports.access.credential_cache import Credential


async def reauthenticate(ports: Ports, credential: Credential, *, password: str | None, now: datetime) -> UserId:
    """Return the user of a login session. Raises StepUpNeeded, WrongPassword, Throttled; Forbidden for a token."""
    if credential.session_id is None:
        raise Forbidden("This needs a login session, not a token.")
    user_id = UserId(credential.user_id)
    if password is not None:
        await check_password(ports, user_id=user_id, password=password)
    elif not is_fresh(ports, credential, now=now):
        raise StepUpNeeded
    return user_id


def is_fresh(ports: Ports, credential: Credential, *, now: datetime) -> bool:
    """Return whether the user signed in recently enough to skip the password."""
    since = credential.auth_time
    return since is not None and now - since <= timedelta(seconds=ports.limits.step_up_seconds)


async def check_password(ports: Ports, *, user_id: UserId, password: str) -> None:
    """Compare with the present password. Raises WrongPassword, also for an account without a password; Throttled."""
    await enforce_limits(ports, Rate("password-check", str(user_id), ports.limits.password_checks, QUARTER))
    async with ports.read() as views:
        stored = await views.profiles.password(user_id)
    if not await ports.auth.passwords.matches(stored, password):
        raise WrongPassword
