"""Registration in steps: a ticket identifies the values entered so far; the account is created at the end, once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from efir.application.accounts.passwords import check_password_quality
from efir.application.accounts.registration_pictures import draft_avatar
from efir.application.accounts.registration_rates import draft_rates, registration_rate
from efir.application.accounts.signup import NewAccount, open_account
from efir.application.auth.sessions import SignedIn, start_session
from efir.application.context import Ports, Visitor
from efir.application.kernel.error_collector import ErrorCollector
from efir.application.kernel.rate_limits import enforce_limits
from efir.application.pictures import with_avatar
from efir.domain.accounts.registrations import (
    Registration,
    RegistrationId,
    WorkRefused,
    expiry,
    find_next_step,
    proves_work,
)
from efir.domain.auth.login_history import Method
from efir.domain.jobs import JobKind, NewJob
from efir.domain.kernel.errors import FieldError
from efir.domain.kernel.ids import LANGUAGES, EmailAddress, UserId
from efir.domain.kernel.secret_hashes import hash_secret
from efir.domain.pictures.picture import PictureGone, PictureId
from efir.domain.users import (
    MIN_PASSWORD,
    InvalidUser,
    NicknameTaken,
    parse_display_name,
    parse_language,
    parse_nickname,
    parse_phone,
    skeleton,
)
from efir.ports.accounts.registrations import RegistrationView, WorkView
from efir.ports.auth.identities import ProviderSession
from efir.ports.transactions import Transaction, Views
from efir.ports.users import UserView

STILL_DRAWN = 60.0  # seconds; a working copy that is still being written must not appear after its removal


class RegistrationChange(Struct, frozen=True):
    """Fields of a request; absent ones stay as they are, None clears. `work` is the nonce of the proof of work."""

    nickname: str | UnsetType | None = UNSET
    display_name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    password: str | UnsetType | None = UNSET
    locale: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    work: str | UnsetType = UNSET


async def start_registration(ports: Ports, *, visitor: Visitor, now: datetime) -> RegistrationView:
    """Open a registration; its view is the only one that contains the ticket. Raises Throttled."""
    await enforce_limits(ports, *draft_rates(ports, visitor=visitor))
    ticket = ports.new_secret()
    registration = Registration(
        id=RegistrationId(ports.new_id()), ticket_hash=ticket_hash(ticket), created_at=now,
        expires_at=expiry(now, now, ports.limits),
    )  # fmt: skip
    async with ports.begin() as tx:
        await tx.registrations.add(registration)
        view = await _view(ports, tx.views, registration)
    return msgspec.structs.replace(view, ticket=ticket)


async def get_registration(
    ports: Ports, *, ticket: str, registration_id: UUID | None = None, now: datetime
) -> RegistrationView:
    """Return the values entered so far. Raises RegistrationNotFound, RegistrationFinished."""
    async with ports.read() as views:
        found = await views.registrations.get_by_ticket(ticket_hash(ticket), now=now)
        return await _view(ports, views, found.require_id(registration_id).open())


async def update_registration(
    ports: Ports, *, ticket: str, registration_id: UUID | None = None, change: RegistrationChange, now: datetime
) -> RegistrationView:
    """Store some of the values, each validated on its own.

    Raises InvalidUser naming every wrong field, NicknameTaken, WorkRefused, RegistrationNotFound, RegistrationFinished.
    """
    async with ports.read() as views:
        before = (
            (await views.registrations.get_by_ticket(ticket_hash(ticket), now=now)).require_id(registration_id).open()
        )
    values = await _check(ports, before, change)
    async with ports.begin() as tx:
        found = (await tx.registrations.get_by_ticket(ticket_hash(ticket), now=now)).open()
        if values.get("nickname") is not None:
            await hold_name(ports, tx, found, values["nickname"], now=now)
        values["expires_at"] = expiry(now, found.created_at, ports.limits)
        await tx.registrations.change(found.id, values)
        found = await tx.registrations.get_by_ticket(ticket_hash(ticket), now=now)
        return await _view(ports, tx.views, found)


async def finish_registration(
    ports: Ports, *, ticket: str, registration_id: UUID | None = None, visitor: Visitor, now: datetime
) -> SignedIn:
    """Create the account with its channel and avatar, and sign in, all together or not at all.

    Finishing again shortly afterwards signs in to the same account. Raises RegistrationNotFound,
    RegistrationUnfinished, NicknameTaken, HandleTaken, PhoneTaken, PictureGone, IdentityTaken, EmailTaken, Throttled.
    """
    async with ports.read() as views:
        found = (await views.registrations.get_by_ticket(ticket_hash(ticket), now=now)).require_id(registration_id)
    if found.user_id is None:
        found.complete(ports.accounts.require_email)
        await enforce_limits(ports, registration_rate(ports, visitor=visitor))
    async with ports.begin() as tx:
        found = await tx.registrations.get_by_ticket(ticket_hash(ticket), now=now)
        user = await (
            _finish(ports, tx, found) if found.user_id is not None else _make_account(ports, tx, found, now=now)
        )
        method, amr = (Method.REGISTRATION, "pwd") if found.arrival is None else (Method.OIDC, "fed")
        return await start_session(
            ports, tx, user=user, method=method, amr=[amr], aal=1, visitor=visitor, now=now, provider=_origin(found)
        )


async def forget_registrations(ports: Ports) -> None:
    """Delete expired registrations and expired reservations of nicknames."""
    async with ports.begin() as tx:
        await tx.registrations.forget(ports.clock())


def ticket_hash(ticket: str) -> bytes:
    """Return the stored hash of a ticket; 256 random bits need nothing slower than SHA-256."""
    return hash_secret(ticket)


async def _check(ports: Ports, before: Registration, change: RegistrationChange) -> dict[str, Any]:
    """Return the values of the row. Raises InvalidUser naming every wrong field, WorkRefused."""
    wrong, values = ErrorCollector(), dict[str, Any]()
    parsers = {"nickname": parse_nickname, "display_name": parse_display_name, "locale": parse_language}
    for name, parse in {**parsers, "phone": parse_phone}.items():
        told = getattr(change, name)
        if told is not UNSET:
            values[name] = None if told is None else wrong.attempt(lambda parse=parse, told=told: parse(told))  # type: ignore[misc]  # bound now
    if change.email is not UNSET:
        values |= _address(ports, before, change.email, wrong)
    nickname = values.get("nickname", before.nickname) or ""
    email_key = values.get("email_key", before.email_key) or ""
    secret = None
    if change.password is not UNSET and change.password is not None:
        typed = change.password
        secret = wrong.attempt(lambda: check_password_quality(ports, typed, nickname=nickname, email_key=email_key))
    if change.work is not UNSET:
        if not proves_work(challenge(ports, before.id), change.work, ports.limits.work_bits):
            raise WorkRefused
        values["worked"] = True
    if wrong.errors:
        raise InvalidUser(errors=tuple(wrong.errors))
    if change.password is not UNSET:
        values["password"] = None if secret is None else await ports.auth.passwords.hash(secret)
    elif before.password is not None:
        await _require_unlike(ports, before.password, values)
    return values


def _address(ports: Ports, before: Registration, text: str | None, wrong: ErrorCollector) -> dict[str, Any]:
    """Return the values of an address; a changed address is unconfirmed, and its code becomes invalid."""
    address = None if text is None else wrong.attempt(lambda: ports.accounts.addresses.parse(text))
    values: dict[str, Any] = {"email": address and address.shown, "email_key": address and address.key}
    if values["email_key"] != before.email_key:
        values |= dict.fromkeys(("email_code_hash", "email_code_until", "email_verified_at"))
    return values


async def _require_unlike(ports: Ports, password: bytes, values: dict[str, Any]) -> None:
    """Refuse a name or an address that equals the chosen password. Raises InvalidUser."""
    for field in ("nickname", "email_key"):
        told = values.get(field) or ""
        for guess in {told, told.partition("@")[0], told[::-1]}:
            if len(guess) >= MIN_PASSWORD and await ports.auth.passwords.matches(password, guess):
                detail = "This is the password you chose. Choose something else here, or another password first."
                pointer = f"/{field.removesuffix('_key')}"
                raise InvalidUser(detail, errors=(FieldError(pointer, "personal", detail),))


async def hold_name(ports: Ports, tx: Transaction, found: Registration, name: str, *, now: datetime) -> None:
    """Reserve a nickname for a registration. Raises NicknameTaken."""
    until = now + timedelta(seconds=ports.limits.reservation_seconds)
    key = skeleton(name)
    if await tx.views.registrations.is_name_taken(name, key) or not await tx.registrations.reserve(
        key, found.id, now=now, until=until
    ):
        raise refuse_taken_name()


def refuse_taken_name() -> NicknameTaken:
    """Return the error for a nickname that is taken, with the field it belongs to."""
    return NicknameTaken(errors=(FieldError("/nickname", "taken", NicknameTaken.title + "."),))


async def _make_account(ports: Ports, tx: Transaction, found: Registration, *, now: datetime) -> UserView:
    found.complete(ports.accounts.require_email)
    nickname, password = found.nickname or "", found.password
    if await tx.registrations.is_reserved(skeleton(nickname), now=now, but_for=found.id):
        raise refuse_taken_name()
    account = NewAccount(
        nickname=nickname, display_name=found.display_name or nickname, password=password, phone=found.phone,
        email=EmailAddress(found.email or "", found.email_key or ""), locale=found.locale or LANGUAGES[0],
        arrival=found.arrival, confirmed=found.email_verified_at is not None,
    )  # fmt: skip
    user = await open_account(ports, tx, account, now=now)
    if found.avatar_id is not None:
        user = msgspec.structs.replace(user, avatar=ports.links.avatar(found.avatar_id))
        if not await tx.pictures.claim(PictureId(found.avatar_id), UserId(user.id)):
            raise PictureGone
        await tx.users.set_avatar(UserId(user.id), PictureId(found.avatar_id))
        await tx.jobs.put([NewJob(kind=JobKind.DROP_WORKING_COPY, subject=found.avatar_id, delay=STILL_DRAWN)])
    await tx.registrations.release(found.id)
    again = now + timedelta(seconds=ports.limits.registration_again_seconds)
    nothing = dict.fromkeys(("password", "email", "email_key", "phone", "display_name", "avatar_id"))
    await tx.registrations.change(found.id, nothing | {"user_id": user.id, "expires_at": again})
    return user


def _origin(found: Registration) -> ProviderSession | None:
    """Return the login session at the provider that the user came from, or None."""
    if found.issuer is None or found.idp_hint is None:
        return None
    return ProviderSession(issuer=found.issuer, sid=found.idp_sid, hint=found.idp_hint, auth_time=found.idp_auth_time)


async def _finish(ports: Ports, tx: Transaction, found: Registration) -> UserView:
    me = with_avatar(ports, await tx.views.users.me(UserId(found.user_id or UUID(int=0))))
    return UserView(
        id=me.id, nickname=me.nickname, display_name=me.display_name, created_at=me.created_at, avatar=me.avatar
    )


def challenge(ports: Ports, registration_id: UUID) -> str:
    """Return the text that a registration's proof of work is computed from; it cannot be predicted."""
    return ports.keys.mac("registration work", registration_id.bytes)[:16].hex()


async def _view(ports: Ports, views: Views, found: Registration) -> RegistrationView:
    missing = found.missing(ports.accounts.require_email)
    return RegistrationView(
        id=found.id,
        nickname=found.nickname,
        display_name=found.display_name,
        email=found.email,
        email_verified=found.email_verified_at is not None,
        email_code_sent=found.takes_codes(ports.clock()),
        password_set=found.password is not None,
        locale=found.locale,
        phone=found.phone,
        provider=found.provider,
        avatar=await draft_avatar(ports, views, found),
        missing=list(missing),
        step=find_next_step(missing, pictured=found.avatar_id is not None),
        work=WorkView(challenge(ports, found.id), ports.limits.work_bits, done=found.worked),
        expires_at=found.expires_at,
    )
