"""Signing keys of access tokens: pending, active, retiring, retired; rotated without a token failing."""

from datetime import datetime, timedelta

from efir.application.access.invalidation import revoking
from efir.application.context import Ports
from efir.ports.auth.signing_keys import SigningKey

PUBLISHED_BEFORE_USE = timedelta(minutes=10)  # clients cache the key set for five minutes


async def tend_signing_keys(ports: Ports) -> None:
    """Create the first key, and move each key to its next state when it is due."""
    now = ports.clock()
    async with ports.read() as views:
        due = _find_due_steps(ports, await views.signing_keys.list_usable(), now)
    if not due:
        return
    async with ports.begin() as tx:
        keys = await tx.signing_keys.lock()
        for step in _find_due_steps(ports, keys, now):
            match step:
                case ("make", state):
                    await tx.signing_keys.add(ports.auth.access_tokens.make_key(now=now, state=state))
                case ("move", kid, state):
                    await tx.signing_keys.move(kid, state, now=now)


async def rotate_signing_keys(ports: Ports, *, compromised: bool, now: datetime) -> None:
    """Replace the active key; a compromised one becomes invalid at once, in every process."""
    async with revoking(ports) as change:
        for key in await change.tx.signing_keys.lock():
            if key.state == "pending":
                await change.tx.signing_keys.move(key.kid, "retired", now=now)
            elif compromised:
                await change.tx.signing_keys.move(key.kid, "compromised", now=now)
                change.key(key.kid)
            elif key.state == "active":
                await change.tx.signing_keys.move(key.kid, "retiring", now=now)
        await change.tx.signing_keys.add(ports.auth.access_tokens.make_key(now=now, state="active"))


Step = tuple[str, str] | tuple[str, str, str]


def _find_due_steps(ports: Ports, keys: list[SigningKey], now: datetime) -> list[Step]:
    """Return the keys to create or move now, in an order that leaves at most one active key at any time."""
    active = next((key for key in keys if key.state == "active"), None)
    pending = next((key for key in keys if key.state == "pending"), None)
    steps: list[Step] = []
    longest = ports.auth.access_token_life + PUBLISHED_BEFORE_USE
    steps += [
        ("move", key.kid, "retired") for key in keys if key.state == "retiring" and now - key.changed_at > longest
    ]
    if active is None:
        steps.append(("make", "active") if pending is None else ("move", pending.kid, "active"))
    elif pending is None:
        if now - active.changed_at > timedelta(seconds=ports.limits.signing_key_seconds):
            steps.append(("make", "pending"))
    elif now - pending.changed_at > PUBLISHED_BEFORE_USE:
        steps += [("move", active.kid, "retiring"), ("move", pending.kid, "active")]
    return steps
