"""Login sessions: signing in and out, and the list of a user's devices."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from efir.application.access.invalidation import Changing, revoking
from efir.application.auth.challenges import Goal, Waiting, pass_or_challenge
from efir.application.auth.login_history import MAX_AGENT, record_login_event
from efir.application.auth.sign_in_rates import sign_in_rates
from efir.application.context import Ports, Visitor
from efir.application.kernel.cursors import paginate, parse_page
from efir.application.kernel.rate_limits import enforce_limits
from efir.domain.auth.login_history import Method, Outcome
from efir.domain.auth.second_factors import SecondFactorNeeded
from efir.domain.auth.sessions import LoginSession, SessionKind, WrongCredentials
from efir.domain.kernel.errors import Unavailable
from efir.domain.kernel.ids import SessionId, UserId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.domain.users import DeletionPending, InvalidUser, UserBanned, UserStatus
from efir.ports.auth.identities import ProviderSession
from efir.ports.auth.sessions import DeviceView
from efir.ports.kernel.pagination import Page
from efir.ports.transactions import Transaction
from efir.ports.users import UserView


class SignedIn(Struct, frozen=True):
    """A new login session; the secret goes into the cookie and nowhere else."""

    user: UserView
    session_id: UUID
    secret: str


async def log_in(
    ports: Ports, *, login: str, password: str, visitor: Visitor, now: datetime, replaces: SessionId | None = None
) -> SignedIn:
    """Start a login session with a new id, by nickname or confirmed address; the session it `replaces` ends.

    Raises WrongCredentials for every kind of wrong input, after the same time; UserBanned, DeletionPending and
    SecondFactorNeeded only after the right password; Throttled.
    """
    person = await recognise(ports, login=login, password=password, method=Method.PASSWORD, visitor=visitor, now=now)
    waiting = Waiting(user=person, goal=Goal.WEB, method=Method.PASSWORD, amr=["pwd"])
    await pass_or_challenge(ports, waiting, visitor=visitor, now=now)
    async with revoking(ports) as change:
        signed = await start_session(
            ports, change.tx, user=person, method=Method.PASSWORD, amr=["pwd"], aal=1, visitor=visitor, now=now
        )
        if replaces is not None:
            await end_session(change, replaces, now=now, reason="replaced")
    return signed


async def recognise(
    ports: Ports, *, login: str, password: str, method: Method, visitor: Visitor, now: datetime
) -> UserView:
    """Return the user with this login and password; every failed attempt is recorded.

    Raises WrongCredentials, Throttled; UserBanned and DeletionPending after the right password.
    """
    name = login.strip().lower()
    await enforce_limits(ports, *sign_in_rates(ports, name=name, visitor=visitor))
    async with ports.read() as views:
        found = await views.users.login(name, _email_key(ports, name))
    right = await ports.auth.passwords.matches(None if found is None else found.password, password)
    if found is not None and right and found.status == UserStatus.ACTIVE:
        await _rehash(ports, UserId(found.id), found.password, password)
        return UserView(
            id=found.id, nickname=found.nickname, display_name=found.display_name, created_at=found.created_at,
            avatar=ports.links.avatar(found.avatar_id),
        )  # fmt: skip
    outcome = Outcome.UNKNOWN if found is None else Outcome.BANNED if right else Outcome.BAD_SECRET
    user_id = None if found is None else UserId(found.id)
    async with ports.begin() as tx:
        await record_login_event(ports, tx, outcome, method, visitor=visitor, now=now, user_id=user_id, name=name)
        ban = await tx.bans.find_active(user_id) if user_id is not None and right else None
    if found is None or not right:
        raise WrongCredentials
    if found.status == UserStatus.PENDING_DELETE:
        raise DeletionPending
    raise UserBanned(UserBanned.explain(None if ban is None else ban.reason, None if ban is None else ban.ends_at))


async def _rehash(ports: Ports, user_id: UserId, stored: bytes | None, password: str) -> None:
    """Rehash a right password with the current parameters; a busy pool leaves it for the next login."""
    if stored is None or not ports.auth.passwords.is_stale(stored):
        return
    with suppress(Unavailable):
        better = await ports.auth.passwords.hash(password)
        async with ports.single() as tx:
            await tx.profiles.rehash(user_id, old=stored, new=better)


async def start_session(  # noqa: PLR0913  # the columns of one row
    ports: Ports,
    tx: Transaction,
    *,
    user: UserView,
    method: Method,
    amr: list[str],
    aal: int,
    visitor: Visitor,
    now: datetime,
    provider: ProviderSession | None = None,
) -> SignedIn:
    """Create a login session of a browser in the caller's transaction, and record it in the login history.

    Raises SecondFactorNeeded when `aal` is 1 and the account has a second factor: callers use `pass_or_challenge`
    first, and this catches one that did not, or that was overtaken.
    """
    await refuse_without_second_factor(tx, UserId(user.id), aal)
    secret = ports.new_secret()
    proved_at = now if provider is None or provider.auth_time is None else min(now, provider.auth_time)
    session = LoginSession(
        id=SessionId(ports.new_id()), user_id=UserId(user.id), secret_hash=hash_secret(secret), auth_time=proved_at,
        idp_issuer=None if provider is None else provider.issuer, idp_sid=None if provider is None else provider.sid,
        idp_hint=None if provider is None else provider.hint, created_at=now, seen_at=now,
        idle_expires=now + timedelta(seconds=ports.limits.session_idle_seconds),
        abs_expires=now + timedelta(seconds=ports.limits.session_life_seconds), ip=visitor.ip,
        ua=visitor.user_agent[:MAX_AGENT], kind=SessionKind.WEB, aal=aal, amr=amr,
    )  # fmt: skip
    await tx.sessions.add(session)
    await record_login_event(
        ports, tx, Outcome.OK, method, visitor=visitor, now=now, user_id=session.user_id, session_id=session.id
    )
    return SignedIn(user=user, session_id=session.id, secret=secret)


async def refuse_without_second_factor(tx: Transaction, user_id: UserId, aal: int) -> None:
    """Raises SecondFactorNeeded for a single-factor session of an account that has a second factor."""
    if aal == 1 and await tx.second_factors.is_required(user_id):
        raise SecondFactorNeeded


async def sign_out(ports: Ports, *, session_id: SessionId, now: datetime) -> None:
    """End a login session, in every process."""
    async with revoking(ports) as change:
        await end_session(change, session_id, now=now, reason="logout")


async def list_devices(
    ports: Ports, *, owner: UserId, current: SessionId, now: datetime, limit: int | None, cursor: str | None
) -> Page[DeviceView]:
    """List a user's active login sessions, newest first. Raises BadCursor."""
    name = f"devices {owner}"
    part = parse_page(ports.keys, ports.limits, name, limit=limit, cursor=cursor)
    async with ports.read() as views:
        found = paginate(ports.keys, name, await views.sessions.devices(owner, part, now=now))
    items = [msgspec.structs.replace(device, current=device.id == current) for device in found.items]
    return msgspec.structs.replace(found, items=items)


async def revoke_session(ports: Ports, *, owner: UserId, session_id: SessionId, now: datetime) -> None:
    """End one of the user's login sessions. Raises SessionNotFound."""
    async with revoking(ports) as change:
        await change.tx.sessions.revoke_own(session_id, owner=owner, now=now, reason="revoked")
        change.session(session_id)


async def revoke_other_sessions(ports: Ports, *, owner: UserId, keep: SessionId | None, now: datetime) -> int:
    """End all of a user's login sessions but one; return how many ended."""
    async with revoking(ports) as change:
        return await end_sessions(change, owner, keep=keep, now=now, reason="revoked")


async def end_sessions(change: Changing, owner: UserId, *, keep: SessionId | None, now: datetime, reason: str) -> int:
    """End all of a user's login sessions but one in the caller's transaction; return how many ended."""
    ended = await change.tx.sessions.revoke_others(owner, keep=keep, now=now, reason=reason)
    for session_id in ended:
        change.session(session_id)
    return len(ended)


async def end_session(change: Changing, session_id: SessionId, *, now: datetime, reason: str) -> None:
    """End a login session in the caller's transaction."""
    await change.tx.sessions.revoke(session_id, now=now, reason=reason)
    change.session(session_id)


async def find_login(ports: Ports, login: str) -> UserId:
    """Return the user with this nickname or confirmed address. Raises WrongCredentials."""
    name = login.strip().lower()
    async with ports.read() as views:
        found = await views.users.login(name, _email_key(ports, name))
    if found is None:
        raise WrongCredentials
    return UserId(found.id)


def _email_key(ports: Ports, name: str) -> str:
    if "@" not in name:
        return name
    try:
        return ports.accounts.addresses.parse(name).key
    except InvalidUser:
        return name
