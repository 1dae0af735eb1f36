"""Second factors: codes of an authenticator app, and recovery codes for who lost it."""

import base64
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from efir.domain.kernel.errors import Conflict, Invalid, TooMany, Unauthenticated
from efir.domain.kernel.ids import UserId

STEP_SECONDS = 30  # RFC 6238 §5.2
SECRET_BYTES = 20  # RFC 4226 §4, R6: the recommended length
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 bits: not guessable, so stored hashes need no slow function
_APP_CODE = re.compile(r"[0-9]{6}")
_RECOVERY_CODE = re.compile(r"[a-z2-7]{16}")
_SPACES = re.compile(r"[\s-]")


class SecondFactorNeeded(Unauthenticated):
    """The password was right, and the account has a second factor: send `challenge` with its code."""

    code = "mfa-required"
    title = "A second factor is needed"

    def __init__(self, challenge: str = "") -> None:
        super().__init__(
            "Send the challenge with a code to /api/v1/auth/mfa/verify.",
            facts={"challenge": challenge} if challenge else None,
        )
        self.challenge = challenge


class ChallengeGone(Unauthenticated):
    """The challenge is unknown, used or expired: sign in again."""

    code = "mfa-challenge-gone"
    title = "This sign-in has taken too long"


class WrongCode(Unauthenticated):
    """The code is wrong, was used before, or belongs to another time."""

    code = "wrong-code"
    title = "The code is wrong"


class CodeRefused(Invalid):
    """The code that should prove that an authenticator app knows the secret is wrong."""

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
    """The account has no authenticator app, or its set-up was not started."""

    code = "totp-off"
    title = "No authenticator app is set up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totp:
    """An authenticator app of one user; it counts once it was confirmed.

    `secret_sealed` is of no use without the instance's key. `last_step` is the newest time step whose code was used:
    each code counts once. `wrong` codes are counted since `wrong_since`.
    """

    user_id: UserId
    secret_sealed: bytes
    last_step: int = 0
    confirmed_at: datetime | None = None
    wrong: int = 0
    wrong_since: datetime | None = None

    def allow(self, *, limit: int, window: timedelta, now: datetime) -> None:
        """Raises CodesLocked while `limit` wrong codes of the last `window` stand."""
        if self.wrong_since is not None and self.wrong >= limit and now < self.wrong_since + window:
            raise CodesLocked(int((self.wrong_since + window - now).total_seconds()) + 1)

    def count_wrong(self, *, window: timedelta, now: datetime) -> tuple[int, datetime]:
        """Return the count of wrong codes after one more, and since when it counts."""
        if self.wrong_since is None or now >= self.wrong_since + window:
            return 1, now
        return self.wrong + 1, self.wrong_since


def recovery_code(random: bytes) -> str:
    """Write 80 random bits as people copy them: four groups of four letters and digits."""
    text = base64.b32encode(random[:RECOVERY_BYTES]).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def parse_typed_code(text: str) -> tuple[str, bool]:
    """Parse what was typed: the bare code, and whether it is a recovery code. Raises WrongCode."""
    bare = _SPACES.sub("", text[:100]).lower()
    if _APP_CODE.fullmatch(bare) and bare.isascii():
        return bare, False
    if _RECOVERY_CODE.fullmatch(bare):
        return bare, True
    raise WrongCode
