"""Challenges: sign-ins that wait for their second factor, which no way to sign in bypasses."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from efir.application.auth.login_history import record_login_event
from efir.application.context import Ports, Visitor
from efir.domain.auth.login_history import Method, Outcome
from efir.domain.auth.second_factors import ChallengeGone, SecondFactorNeeded
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.ports.auth.identities import ProviderSession
from efir.ports.users import UserView

MAX_SECRET = 100  # characters


class Goal(StrEnum):
    """The result that the client of a sign-in expects."""

    WEB = "web"
    TOKEN = "token"  # noqa: S105  # the name of a kind, not a secret


class Waiting(Struct, frozen=True):
    """State of a sign-in after the first factor."""

    user: UserView
    goal: Goal
    method: Method
    amr: list[str]
    provider: ProviderSession | None = None


_decoder = msgspec.msgpack.Decoder(Waiting)


async def pass_or_challenge(ports: Ports, waiting: Waiting, *, visitor: Visitor, now: datetime) -> None:
    """Return for users without a second factor; issue a challenge to all others.

    Raises SecondFactorNeeded with the challenge, OneTimeStoreUnavailable when none can be stored.
    """
    user_id = UserId(waiting.user.id)
    async with ports.read() as views:
        if not await views.second_factors.is_required(user_id):
            return
    challenge = ports.new_secret()
    await ports.one_time_store.put(
        _key(challenge), msgspec.msgpack.encode(waiting), seconds=ports.limits.challenge_seconds
    )
    async with ports.begin() as tx:
        await record_login_event(
            ports, tx, Outcome.MFA_NEEDED, waiting.method, visitor=visitor, now=now, user_id=user_id
        )
    raise SecondFactorNeeded(challenge)


async def waiting_for(ports: Ports, challenge: str) -> Waiting:
    """Return the sign-in that a challenge was issued for; a wrong code leaves it valid. Raises ChallengeGone."""
    found = await ports.one_time_store.look(_key(challenge))
    if found is None:
        raise ChallengeGone
    return _decoder.decode(found)


async def use_challenge(ports: Ports, challenge: str) -> None:
    """Consume a challenge, so that it leads to one session only. Raises ChallengeGone the second time."""
    if await ports.one_time_store.take(_key(challenge)) is None:
        raise ChallengeGone


def _key(challenge: str) -> str:
    return f"mfa:{hash_secret(challenge[:MAX_SECRET]).hex()}"
