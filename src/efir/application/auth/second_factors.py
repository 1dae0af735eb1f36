"""Setting up and removing a user's own second factor; each requires a sign-in within the last minutes."""

from datetime import datetime

from efir.application.access.invalidation import revoking
from efir.application.auth.alerts import alert
from efir.application.auth.sessions import end_sessions
from efir.application.context import Ports
from efir.domain.auth.alerts import Alert
from efir.domain.auth.second_factors import (
    RECOVERY_BYTES,
    RECOVERY_CODES,
    SECRET_BYTES,
    CodeRefused,
    SecondFactorOff,
    SecondFactorOn,
    Totp,
    WrongCode,
    parse_typed_code,
    recovery_code,
)
from efir.domain.kernel.errors import FieldError
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.ports.auth.second_factors import SecondFactorView, TotpSetup
from efir.ports.transactions import Transaction


async def get_second_factor(ports: Ports, *, user_id: UserId) -> SecondFactorView:
    """Return the second factors of a user."""
    async with ports.read() as views:
        return await views.second_factors.get_by_user(user_id)


async def begin_totp(ports: Ports, *, user_id: UserId, nickname: str, now: datetime) -> TotpSetup:
    """Create a secret for an authenticator app; it is effective after a first code. Raises SecondFactorOn."""
    secret = hash_secret(ports.new_secret())[:SECRET_BYTES]
    totp = Totp(user_id=user_id, secret_sealed=ports.auth.app_codes.seal(secret, user_id=user_id))
    async with ports.begin() as tx:
        if not await tx.second_factors.begin(totp, now=now):
            raise SecondFactorOn
    return ports.auth.app_codes.setup(secret, account=nickname)


async def resume_totp(ports: Ports, *, user_id: UserId, nickname: str) -> TotpSetup | None:
    """Return the secret of an authenticator app whose set-up is unfinished, or None."""
    async with ports.begin() as tx:
        totp = await tx.second_factors.lock(user_id)
    if totp is None or totp.confirmed_at is not None:
        return None
    secret = ports.auth.app_codes.unseal(totp.secret_sealed, user_id=user_id)
    return None if secret is None else ports.auth.app_codes.setup(secret, account=nickname)


async def confirm_totp(ports: Ports, *, user_id: UserId, keep: SessionId, code: str, now: datetime) -> list[str]:
    """Activate an authenticator app after a first code from it; return recovery codes.

    All other sessions end: they began without the second factor. Raises CodeRefused, SecondFactorOff, SecondFactorOn.
    """
    bare = _app_code(code)
    async with revoking(ports) as change:
        factors = change.tx.second_factors
        totp = await factors.lock(user_id)
        if totp is None:
            raise SecondFactorOff
        if totp.confirmed_at is not None:
            raise SecondFactorOn
        step = ports.auth.app_codes.step(totp.secret_sealed, bare, user_id=user_id, now=now)
        if step is None or not await factors.use_step(user_id, step):
            raise _refuse_wrong_code()
        await factors.confirm(user_id, now=now)
        codes = await _new_codes(ports, change.tx, user_id)
        await end_sessions(change, user_id, keep=keep, now=now, reason="second-factor")
        await change.tx.sessions.raise_level(keep, amr="otp")
        change.user(user_id, await change.tx.users.note_rights_change(user_id))
        await alert(ports, change.tx, user_id, Alert.TOTP_ENABLED, now=now)
    return codes


async def remove_totp(ports: Ports, *, user_id: UserId, now: datetime) -> None:
    """Remove the second factor and its recovery codes. Raises SecondFactorOff."""
    async with ports.begin() as tx:
        if not await tx.second_factors.remove(user_id):
            raise SecondFactorOff
        await alert(ports, tx, user_id, Alert.TOTP_REMOVED, now=now)


async def make_recovery_codes(ports: Ports, *, user_id: UserId, now: datetime) -> list[str]:
    """Replace the recovery codes by ten new ones, which are shown once. Raises SecondFactorOff."""
    async with ports.begin() as tx:
        totp = await tx.second_factors.lock(user_id)
        if totp is None or totp.confirmed_at is None:
            raise SecondFactorOff
        codes = await _new_codes(ports, tx, user_id)
        await alert(ports, tx, user_id, Alert.CODES_MADE, now=now)
    return codes


def recovery_hashes(ports: Ports, user_id: UserId, bare: str) -> list[bytes]:
    """Return the hashes that may be stored for a recovery code: with the current secret and with earlier ones."""
    return ports.keys.macs("recovery-code", user_id.bytes + bare.encode())


def recovery_hash(ports: Ports, user_id: UserId, bare: str) -> bytes:
    """Return the hash to store for a recovery code."""
    return ports.keys.mac("recovery-code", user_id.bytes + bare.encode())


async def _new_codes(ports: Ports, tx: Transaction, user_id: UserId) -> list[str]:
    codes = [recovery_code(hash_secret(ports.new_secret())[:RECOVERY_BYTES]) for _ in range(RECOVERY_CODES)]
    hashes = [recovery_hash(ports, user_id, code.replace("-", "")) for code in codes]
    await tx.second_factors.put_codes(user_id, hashes)
    return codes


def _app_code(text: str) -> str:
    try:
        bare, recovery = parse_typed_code(text)
    except WrongCode as error:
        raise _refuse_wrong_code() from error
    if recovery:
        raise _refuse_wrong_code()
    return bare


def _refuse_wrong_code() -> CodeRefused:
    detail = "This is not the present code of the app; check the clock of the phone."
    return CodeRefused(detail, errors=(FieldError("/code", "wrong", detail),))
