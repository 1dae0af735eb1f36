"""Passkeys: registering, removing, and signing in with them alone."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct

from efir.application.access.invalidation import revoking
from efir.application.auth.account_status import require_active
from efir.application.auth.alerts import alert
from efir.application.auth.login_history import record_login_event
from efir.application.auth.sessions import SignedIn, end_session, start_session
from efir.application.context import Ports, Visitor
from efir.application.kernel.cursors import paginate, parse_page
from efir.application.kernel.rate_limits import QUARTER, enforce_limits
from efir.domain.auth.alerts import Alert
from efir.domain.auth.login_history import Method, Outcome, device_of
from efir.domain.auth.passkeys import Passkey, PasskeyId, PasskeyInvalid, PasskeyRefused, PasskeysTooMany, parse_label
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.rate_limits import Rate, network_of
from efir.domain.kernel.secret_hashes import hash_secret
from efir.ports.access.credential_cache import Credential
from efir.ports.auth.passkeys import Json, PasskeyView, UsedPasskey
from efir.ports.kernel.pagination import Page
from efir.ports.transactions import Transaction

QUESTIONS_PER_SIGN_IN = 4  # a page requests a challenge before the user has chosen a passkey


class _Kind(StrEnum):
    CREATE = "create"
    GET = "get"


class _Question(Struct, frozen=True):
    """The purpose of a challenge; a new passkey belongs to the login session that requested it."""

    kind: _Kind
    session_id: UUID | None = None


_decoder = msgspec.msgpack.Decoder(_Question)


async def ask_new_passkey(ports: Ports, *, who: Credential) -> Json:
    """Return the options with which a browser creates a passkey. Raises PasskeysTooMany, PasskeysUnavailable."""
    user_id = UserId(who.user_id)
    async with ports.begin() as tx:
        known = await tx.passkeys.list_by_user(user_id)
    if len(known) >= ports.limits.max_passkeys:
        raise PasskeysTooMany
    challenge = hash_secret(ports.new_secret())
    options = ports.auth.ceremonies.creation(
        challenge=challenge, user_id=user_id, name=who.nickname, shown=who.display_name, known=known
    )
    await _remember(ports, challenge, _Question(_Kind.CREATE, who.session_id))
    return options


async def add_passkey(
    ports: Ports, *, who: Credential, answer: Json, label: str, user_agent: str, now: datetime
) -> PasskeyView:
    """Store a passkey that a browser has created for this login session. Raises PasskeyInvalid, PasskeyKnown."""
    challenge = await _take_challenge(ports, answer, _Question(_Kind.CREATE, who.session_id))
    if challenge is None:
        raise PasskeyInvalid("The question was answered before, or too late. Try again.")
    made = ports.auth.ceremonies.verify_creation(answer, challenge=challenge)
    passkey = Passkey(
        id=PasskeyId(ports.new_id()), user_id=UserId(who.user_id), created_at=now,
        label=parse_label(label, otherwise=device_of(user_agent) or "Passkey"), **msgspec.structs.asdict(made),
    )  # fmt: skip
    async with ports.begin() as tx:
        await tx.passkeys.add(passkey)
        await alert(ports, tx, passkey.user_id, Alert.PASSKEY_ADDED, now=now)
    return PasskeyView(id=passkey.id, label=passkey.label, synced=passkey.backed_up, created_at=now, last_used_at=None)


async def list_passkeys(ports: Ports, *, owner: UserId, limit: int | None, cursor: str | None) -> Page[PasskeyView]:
    """List a user's passkeys, newest first. Raises BadCursor."""
    name = f"passkeys {owner}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        return paginate(ports.keys, name, await views.passkeys.list(owner, part))


async def remove_passkey(ports: Ports, *, owner: UserId, passkey_id: PasskeyId, now: datetime) -> None:
    """Remove one of the user's passkeys. Raises PasskeyNotFound, LastWayIn."""
    async with ports.begin() as tx:
        await tx.passkeys.remove(passkey_id, owner=owner)
        await tx.identities.keep_a_way_in(owner)
        await alert(ports, tx, owner, Alert.PASSKEY_REMOVED, now=now)


async def ask_passkey(ports: Ports, *, visitor: Visitor) -> Json:
    """Return the options with which a browser presents a passkey. Raises PasskeysUnavailable, Throttled."""
    amount = ports.limits.sign_in_attempts_network * QUESTIONS_PER_SIGN_IN
    await enforce_limits(ports, Rate("passkey-questions", network_of(visitor.ip), amount, QUARTER))
    challenge = hash_secret(ports.new_secret())
    options = ports.auth.ceremonies.request(challenge=challenge)
    await _remember(ports, challenge, _Question(_Kind.GET))
    return options


async def log_in_with_passkey(
    ports: Ports, *, answer: Json, visitor: Visitor, now: datetime, replaces: SessionId | None = None
) -> SignedIn:
    """Start a login session with a passkey alone, which is two factors: the device and its user verification.

    Raises PasskeyRefused, WrongCredentials for a deleted account, UserBanned, Throttled.
    """
    amount = ports.limits.sign_in_attempts_network
    await enforce_limits(ports, Rate("sign-in-network", network_of(visitor.ip), amount, QUARTER))
    challenge = await _take_challenge(ports, answer, _Question(_Kind.GET))
    user_id = await _check_proof(ports, answer, challenge, visitor=visitor, now=now)
    user = await require_active(ports, user_id, method=Method.PASSKEY, visitor=visitor, now=now)
    async with revoking(ports) as change:
        signed = await start_session(
            ports, change.tx, user=user, method=Method.PASSKEY, amr=["pop", "mfa"], aal=2, visitor=visitor, now=now
        )
        if replaces is not None:
            await end_session(change, replaces, now=now, reason="replaced")
    return signed


async def _check_proof(
    ports: Ports, answer: Json, challenge: bytes | None, *, visitor: Visitor, now: datetime
) -> UserId:
    """Return the owner of a passkey and record its use; refusals are recorded too, before the response."""
    cred_id, handle = ports.auth.ceremonies.identify(answer)
    async with ports.begin() as tx:
        passkey = await tx.passkeys.lock(cred_id)
        used = None
        if passkey is not None and challenge is not None and handle in {None, passkey.user_id.bytes}:
            used = await _note_use(ports, tx, passkey, answer, challenge, now=now)
        if passkey is not None and used is not None:
            await tx.passkeys.note_use(passkey.id, used, now=now)
            return passkey.user_id
        outcome = Outcome.UNKNOWN if passkey is None else Outcome.BAD_SECRET
        user_id = None if passkey is None else passkey.user_id
        await record_login_event(ports, tx, outcome, Method.PASSKEY, visitor=visitor, now=now, user_id=user_id)
    raise PasskeyRefused


async def _note_use(
    ports: Ports, tx: Transaction, passkey: Passkey, answer: Json, challenge: bytes, *, now: datetime
) -> UsedPasskey | None:
    try:
        used = ports.auth.ceremonies.verify_use(answer, challenge=challenge, public_key=passkey.public_key)
    except PasskeyRefused:
        return None
    if passkey.counts_on(used.sign_count):
        return used
    await alert(ports, tx, passkey.user_id, Alert.PASSKEY_COPIED, now=now)
    return None


async def _remember(ports: Ports, challenge: bytes, question: _Question) -> None:
    await ports.one_time_store.put(
        f"wa:{challenge.hex()}", msgspec.msgpack.encode(question), seconds=ports.limits.challenge_seconds
    )


async def _take_challenge(ports: Ports, answer: Json, question: _Question) -> bytes | None:
    """Return the challenge that a response names, if it was issued for this purpose and is unused."""
    challenge = ports.auth.ceremonies.challenge_of(answer)
    if challenge is None or len(challenge) > 64:  # noqa: PLR2004  # challenges of this service have 32 bytes
        return None
    found = await ports.one_time_store.take(f"wa:{challenge.hex()}")
    return challenge if found is not None and _decoder.decode(found) == question else None
