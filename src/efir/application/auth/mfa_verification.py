"""The second step of a sign-in: verification of a TOTP code or a recovery code."""

from datetime import datetime, timedelta

from efir.application.access.invalidation import revoking
from efir.application.auth.access_tokens import TokenPair, make_first_pair, start_app_session
from efir.application.auth.alerts import alert
from efir.application.auth.challenges import Goal, use_challenge, waiting_for
from efir.application.auth.login_history import record_login_event
from efir.application.auth.second_factors import recovery_hashes
from efir.application.auth.sessions import SignedIn, end_session, start_session
from efir.application.auth.sign_in_rates import sign_in_rates
from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import enforce_limits
from efir.domain.auth.alerts import Alert
from efir.domain.auth.login_history import Method, Outcome
from efir.domain.auth.second_factors import WrongCode, parse_typed_code
from efir.domain.kernel.ids import SessionId, UserId
from efir.ports.transactions import Transaction

WINDOW = timedelta(minutes=15)


async def verify_second_factor(
    ports: Ports, *, challenge: str, code: str, visitor: Visitor, now: datetime, replaces: SessionId | None = None
) -> SignedIn | TokenPair:
    """Finish a sign-in: a browser gets a session in place of the one it `replaces`, an app its tokens.

    Raises ChallengeGone, WrongCode, CodesLocked, Throttled.
    """
    waiting = await waiting_for(ports, challenge)
    user_id = UserId(waiting.user.id)
    await enforce_limits(ports, *sign_in_rates(ports, name=f"second factor {user_id}", visitor=visitor))
    method = await _check_code(ports, user_id, code, visitor=visitor, now=now)
    await use_challenge(ports, challenge)
    amr = [*waiting.amr, "otp", "mfa"]
    if waiting.goal is Goal.TOKEN:
        async with ports.begin() as tx:
            started = await start_app_session(
                ports, tx, user=waiting.user, method=method, amr=amr, aal=2, visitor=visitor, now=now
            )
        return await make_first_pair(ports, started, now=now)
    async with revoking(ports) as change:
        signed = await start_session(
            ports, change.tx, user=waiting.user, method=method, amr=amr, aal=2, visitor=visitor, now=now,
            provider=waiting.provider,
        )  # fmt: skip
        if replaces is not None:
            await end_session(change, replaces, now=now, reason="replaced")
    return signed


async def _check_code(ports: Ports, user_id: UserId, code: str, *, visitor: Visitor, now: datetime) -> Method:
    """Consume a code, or record that it was wrong; both are stored before the response."""
    bare, recovery = _normalise(code)
    method = Method.RECOVERY_CODE if recovery else Method.TOTP
    async with ports.begin() as tx:
        used = await (_use_recovery_code if recovery else _use_app_code)(ports, tx, user_id, bare, now)
        if not used:
            await record_login_event(ports, tx, Outcome.MFA_BAD, method, visitor=visitor, now=now, user_id=user_id)
    if not used:
        raise WrongCode
    return method


def _normalise(code: str) -> tuple[str, bool]:
    """Return the normalised code and whether it is a recovery code; malformed ones count as wrong TOTP codes."""
    try:
        return parse_typed_code(code)
    except WrongCode:
        return "", False


async def _use_recovery_code(ports: Ports, tx: Transaction, user_id: UserId, bare: str, now: datetime) -> bool:
    if not await tx.second_factors.use_code(user_id, recovery_hashes(ports, user_id, bare), now=now):
        return False
    await alert(ports, tx, user_id, Alert.CODE_USED, now=now)
    return True


async def _use_app_code(ports: Ports, tx: Transaction, user_id: UserId, bare: str, now: datetime) -> bool:
    """Consume a TOTP code; return whether it was valid.

    Raises CodesLocked before comparing, so that guessing is locked for every client at once.
    """
    totp = await tx.second_factors.lock(user_id)
    if totp is None or totp.confirmed_at is None:
        return False
    totp.allow(limit=ports.limits.code_attempts, window=WINDOW, now=now)
    step = ports.auth.app_codes.step(totp.secret_sealed, bare, user_id=user_id, now=now)
    if step is not None and await tx.second_factors.use_step(user_id, step):
        return True
    wrong, since = totp.count_wrong(window=WINDOW, now=now)
    await tx.second_factors.record_wrong_codes(user_id, wrong, since)
    return False
