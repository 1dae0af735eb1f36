"""Second factors: codes of an authenticator app, and recovery codes for a lost app."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from efir.domain.kernel.errors import Conflict, Invalid, TooMany, Unauthenticated
from efir.domain.kernel.ids import UserId

STEP_SECONDS = 30  # RFC 6238 §5.2
SECRET_BYTES = 20  # RFC 4226 §4, R6: the recommended length
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits cannot be guessed, so their hashes need no slow function
_APP_CODE = re.compile(r"[0-9]{6}")
_RECOVERY_CODE = re.compile(r"[a-z2-7]{16}")
_SPACES = re.compile(r"[\s-]")


class SecondFactorNeeded(Unauthenticated):
    """The password was right, and the account has a second factor: send `challenge` with its code."""

    code = "mfa-required"
    title = "A second factor is required"

    def __init__(self, challenge: str = "") -> None:
        super().__init__(
            "Send the challenge with a code to /api/v1/auth/mfa/verify.",
            facts={"challenge": challenge} if challenge else None,
        )
        self.challenge = challenge


class ChallengeGone(Unauthenticated):
    """The challenge is unknown, used or expired: sign in again."""

    code = "mfa-challenge-gone"
    title = "The sign-in has expired"


class WrongCode(Unauthenticated):
    """The code is wrong, was used before, or belongs to another time step."""

    code = "wrong-code"
    title = "The code is wrong"


class CodeRefused(Invalid):
    """The code that should prove that an authenticator app has the secret is wrong."""

    code = "code-refused"
    title = "The code is wrong"


class CodesLocked(TooMany):
    """After too many wrong codes, only recovery codes are accepted for some minutes."""

    code = "mfa-locked"
    title = "Too many wrong codes"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Wait {seconds} seconds, or use a recovery code.", retry_after=seconds)


class SecondFactorOn(Conflict):
    """The account already has an authenticator app; turn it off before setting up another."""

    code = "totp-on"
    title = "An authenticator app is already set up"


class SecondFactorOff(Conflict):
    """The account has no authenticator app, or its setup was not started."""

    code = "totp-off"
    title = "No authenticator app is set up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totp:
    """An authenticator app of one user; it is in force once it is confirmed.

    `secret_sealed` is useless without the instance's key. `last_step` is the newest time step whose code was used:
    each code is accepted once. `wrong` is the number of wrong codes since `wrong_since`.
    """

    user_id: UserId
    secret_sealed: bytes
    last_step: int = 0
    confirmed_at: datetime | None = None
    wrong: int = 0
    wrong_since: datetime | None = None

    def allow(self, *, limit: int, window: timedelta, now: datetime) -> None:
        """Raises CodesLocked when `limit` wrong codes were entered within the current `window`."""
        if self.wrong_since is not None and self.wrong >= limit and now < self.wrong_since + window:
            raise CodesLocked(int((self.wrong_since + window - now).total_seconds()) + 1)

    def count_wrong(self, *, window: timedelta, now: datetime) -> tuple[int, datetime]:
        """Return the number of wrong codes including one more, and the start of their window."""
        if self.wrong_since is None or now >= self.wrong_since + window:
            return 1, now
        return self.wrong + 1, self.wrong_since


def recovery_code(random: bytes) -> str:
    """Return 80 random bits in a form that is easy to copy: four groups of four letters and digits (Base32)."""
    text = base64.b32encode(random[:RECOVERY_BYTES]).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def parse_typed_code(text: str) -> tuple[str, bool]:
    """Return the code without separators, and whether it is a recovery code. Raises WrongCode."""
    bare = _SPACES.sub("", text[:100]).lower()
    if _APP_CODE.fullmatch(bare) and bare.isascii():
        return bare, False
    if _RECOVERY_CODE.fullmatch(bare):
        return bare, True
    raise WrongCode
