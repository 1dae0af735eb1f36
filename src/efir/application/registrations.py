"""Registering in steps: a ticket owns what has been told so far; an account is made at the end, at once and once."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct, UnsetType

from efir.application.collected import Collected
from efir.application.context import Ports, Visitor
from efir.application.drafts import draft_avatar
from efir.application.passwords import good_password
from efir.application.rates import address_rates, draft_rates, limited
from efir.application.sessions import SignedIn, start_session
from efir.application.users import NewAccount, open_account
from efir.domain.errors import FieldError
from efir.domain.jobs import NewJob
from efir.domain.logins import Method
from efir.domain.pictures import PictureGone, PictureId
from efir.domain.registrations import (
    EmailCheck,
    Registration,
    RegistrationId,
    WorkRefused,
    expiry,
    proves_work,
    step_after,
)
from efir.domain.users import (
    LANGUAGES,
    PASSWORD_LEAST,
    EmailAddress,
    InvalidUser,
    NicknameTaken,
    UserId,
    parse_display_name,
    parse_language,
    parse_nickname,
    parse_phone,
    skeleton,
)
from efir.ports.pictures import avatar_address
from efir.ports.registrations import Availability, RegistrationView, WorkView
from efir.ports.transactions import Transaction, Views
from efir.ports.users import UserView

STILL_DRAWN = 60.0  # seconds; a working copy that is being made must not appear after it was removed


class RegistrationChange(Struct, frozen=True):
    """Told fields; what is absent stays, None clears. `work` is the nonce of the proof of work."""

    nickname: str | UnsetType | None = UNSET
    display_name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    password: str | UnsetType | None = UNSET
    locale: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    work: str | UnsetType = UNSET


async def start_registration(ports: Ports, *, visitor: Visitor, now: datetime) -> RegistrationView:
    """Open a registration; its view carries the ticket this once. Raises Throttled."""
    await limited(ports, *draft_rates(ports, visitor=visitor))
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
    """Show what has been told so far. Raises RegistrationNotFound, RegistrationFinished."""
    async with ports.read() as views:
        found = await views.registrations.by_ticket(ticket_hash(ticket), now=now)
        return await _view(ports, views, found.named(registration_id).open())


async def update_registration(
    ports: Ports, *, ticket: str, registration_id: UUID | None = None, change: RegistrationChange, now: datetime
) -> RegistrationView:
    """Take some of the answers, each checked alone.

    Raises InvalidUser naming every wrong field, NicknameTaken, WorkRefused, RegistrationNotFound, RegistrationFinished.
    """
    async with ports.read() as views:
        before = (await views.registrations.by_ticket(ticket_hash(ticket), now=now)).named(registration_id).open()
    values = await _checked(ports, before, change)
    async with ports.begin() as tx:
        found = (await tx.registrations.by_ticket(ticket_hash(ticket), now=now)).open()
        if values.get("nickname") is not None:
            await _hold(ports, tx, found, values["nickname"], now=now)
        values["expires_at"] = expiry(now, found.created_at, ports.limits)
        await tx.registrations.change(found.id, values)
        found = await tx.registrations.by_ticket(ticket_hash(ticket), now=now)
        return await _view(ports, tx.views, found)


async def check_nickname(ports: Ports, *, ticket: str, nickname: str, now: datetime) -> Availability:
    """Tell whether a nickname can be had; a free one is kept for who asks. Raises RegistrationNotFound."""
    try:
        name = parse_nickname(nickname)
    except InvalidUser as error:
        return Availability(available=False, reason=error.errors[0].code)
    async with ports.begin() as tx:
        found = (await tx.registrations.by_ticket(ticket_hash(ticket), now=now)).open()
        try:
            await _hold(ports, tx, found, name, now=now)
        except NicknameTaken:
            return Availability(available=False, reason="taken")
    return Availability(available=True)


async def check_email(ports: Ports, *, ticket: str, email: str, visitor: Visitor, now: datetime) -> Availability:
    """Tell, a few times and after a proof of work, whether an address is confirmed by somebody; else let mail tell.

    Known and unknown addresses take the same way through the code. Raises RegistrationNotFound.
    """
    try:
        address = ports.addresses.parse(email)
    except InvalidUser as error:
        return Availability(available=False, reason=error.errors[0].code)
    async with ports.read() as views:
        found = (await views.registrations.by_ticket(ticket_hash(ticket), now=now)).open()
        taken = await views.registrations.address_taken(address.key)
    if not await _afforded(ports, found, visitor):
        return Availability(available=True, reason="by-mail")
    return Availability(available=not taken, reason="taken" if taken else None)


async def finish_registration(
    ports: Ports, *, ticket: str, registration_id: UUID | None = None, visitor: Visitor, now: datetime
) -> SignedIn:
    """Make the account with its channel and avatar, and sign in, all together or not at all.

    Finishing again shortly after signs in to the same account. Raises RegistrationNotFound, RegistrationUnfinished,
    NicknameTaken, HandleTaken, PhoneTaken, PictureGone.
    """
    async with ports.begin() as tx:
        found = (await tx.registrations.by_ticket(ticket_hash(ticket), now=now)).named(registration_id)
        user = await (_finished(tx, found) if found.user_id is not None else _made(ports, tx, found, now=now))
        return await start_session(
            ports, tx, user=user, method=Method.REGISTRATION, amr=["pwd"], aal=1, visitor=visitor, now=now
        )


async def forget_registrations(ports: Ports) -> None:
    """Drop what has expired: registrations, and names that were kept."""
    async with ports.begin() as tx:
        await tx.registrations.forget(ports.clock())


def ticket_hash(ticket: str) -> bytes:
    """Answer what is kept of a ticket; 256 random bits need nothing slower than SHA-256."""
    return hashlib.sha256(ticket.encode()).digest()


async def _afforded(ports: Ports, found: Registration, visitor: Visitor) -> bool:
    """Whether one more address may be answered truly: to this ticket, to its neighbourhood, and to everybody."""
    most = ports.limits.email_checks
    if ports.email_check is not EmailCheck.BUDGETED or not found.worked or found.email_checks >= most:
        return False
    if not (await ports.rates.take(list(address_rates(ports, visitor=visitor)))).allowed:
        return False
    async with ports.begin() as tx:
        return await tx.registrations.count_check(found.id, most=most)


async def _checked(ports: Ports, before: Registration, change: RegistrationChange) -> dict[str, Any]:
    """Values for the row. Raises InvalidUser naming every wrong field, WorkRefused."""
    wrong, values = Collected(), dict[str, Any]()
    parsers = {"nickname": parse_nickname, "display_name": parse_display_name, "locale": parse_language}
    for name, parse in {**parsers, "phone": parse_phone}.items():
        told = getattr(change, name)
        if told is not UNSET:
            values[name] = None if told is None else wrong.tried(lambda parse=parse, told=told: parse(told))  # type: ignore[misc]  # bound now
    if change.email is not UNSET:
        text = change.email
        address = None if text is None else wrong.tried(lambda: ports.addresses.parse(text))
        values |= {"email": address and address.shown, "email_key": address and address.key}
    nickname = values.get("nickname", before.nickname) or ""
    email_key = values.get("email_key", before.email_key) or ""
    secret = None
    if change.password is not UNSET and change.password is not None:
        typed = change.password
        secret = wrong.tried(lambda: good_password(ports, typed, nickname=nickname, email_key=email_key))
    if change.work is not UNSET:
        if not proves_work(challenge(ports, before.id), change.work, ports.limits.work_bits):
            raise WorkRefused
        values["worked"] = True
    if wrong.errors:
        raise InvalidUser(errors=tuple(wrong.errors))
    if change.password is not UNSET:
        values["password"] = None if secret is None else await ports.passwords.hash(secret)
    elif before.password is not None:
        await _unlike(ports, before.password, values)
    return values


async def _unlike(ports: Ports, password: bytes, values: dict[str, Any]) -> None:
    """Refuse a name or an address that is the password chosen before. Raises InvalidUser."""
    for field in ("nickname", "email_key"):
        told = values.get(field) or ""
        for guess in {told, told.partition("@")[0], told[::-1]}:
            if len(guess) >= PASSWORD_LEAST and await ports.passwords.matches(password, guess):
                detail = "This is the password you chose. Choose something else here, or another password first."
                pointer = f"/{field.removesuffix('_key')}"
                raise InvalidUser(detail, errors=(FieldError(pointer, "personal", detail),))


async def _hold(ports: Ports, tx: Transaction, found: Registration, name: str, *, now: datetime) -> None:
    """Keep a name for a registration. Raises NicknameTaken."""
    until = now + timedelta(seconds=ports.limits.reservation_seconds)
    key = skeleton(name)
    if await tx.views.registrations.name_taken(name, key) or not await tx.registrations.reserve(
        key, found.id, now=now, until=until
    ):
        raise taken()


def taken() -> NicknameTaken:
    """Say at which field a name is taken."""
    return NicknameTaken(errors=(FieldError("/nickname", "taken", NicknameTaken.title + "."),))


async def _made(ports: Ports, tx: Transaction, found: Registration, *, now: datetime) -> UserView:
    found.complete()
    nickname, password = found.nickname or "", found.password or b""
    if await tx.registrations.reserved(skeleton(nickname), now=now, but_for=found.id):
        raise taken()
    account = NewAccount(
        nickname=nickname, display_name=found.display_name or nickname, password=password, phone=found.phone,
        email=EmailAddress(found.email or "", found.email_key or ""), locale=found.locale or LANGUAGES[0],
    )  # fmt: skip
    user = await open_account(ports, tx, account, now=now)
    if found.avatar_id is not None:
        user = msgspec.structs.replace(user, avatar=avatar_address(found.avatar_id))
        if not await tx.pictures.claim(PictureId(found.avatar_id), UserId(user.id)):
            raise PictureGone
        await tx.users.set_avatar(UserId(user.id), PictureId(found.avatar_id))
        await tx.jobs.put([NewJob(kind="drop_working_copy", subject=found.avatar_id, delay=STILL_DRAWN)])
    await tx.registrations.release(found.id)
    again = now + timedelta(seconds=ports.limits.registration_again_seconds)
    nothing = dict.fromkeys(("password", "email", "email_key", "phone", "display_name", "avatar_id"))
    await tx.registrations.change(found.id, nothing | {"user_id": user.id, "expires_at": again})
    return user


async def _finished(tx: Transaction, found: Registration) -> UserView:
    me = await tx.views.users.me(UserId(found.user_id or UUID(int=0)))
    return UserView(
        id=me.id, nickname=me.nickname, display_name=me.display_name, created_at=me.created_at, avatar=me.avatar
    )


def challenge(ports: Ports, registration_id: UUID) -> str:
    """Text a registration's proof of work is made of; nobody can know it before."""
    return ports.keys.mac("registration work", registration_id.bytes)[:16].hex()


async def _view(ports: Ports, views: Views, found: Registration) -> RegistrationView:
    return RegistrationView(
        id=found.id,
        nickname=found.nickname,
        display_name=found.display_name,
        email=found.email,
        password_set=found.password is not None,
        locale=found.locale,
        phone=found.phone,
        avatar=await draft_avatar(views, found),
        missing=list(found.missing),
        step=step_after(found.missing, pictured=found.avatar_id is not None),
        work=WorkView(challenge(ports, found.id), ports.limits.work_bits, done=found.worked),
        expires_at=found.expires_at,
    )
