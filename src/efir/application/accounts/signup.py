"""Creation of accounts, in one request or at the end of a registration in steps."""

from contextlib import suppress
from datetime import datetime

from msgspec import Struct

from efir.application.accounts.email_verification import ask_confirmation
from efir.application.accounts.passwords import check_password_quality
from efir.application.accounts.registration_rates import registration_rate
from efir.application.context import Ports, Visitor
from efir.application.kernel.error_collector import ErrorCollector
from efir.application.kernel.rate_limits import enforce_limits
from efir.application.pictures import with_avatar
from efir.domain.accounts.registrations import RegistrationInStepsOnly, RequireEmail
from efir.domain.auth.identities import Arrival, IdentityId
from efir.domain.channels import Channel, ChannelId
from efir.domain.kernel.ids import LANGUAGES, EmailAddress, UserId
from efir.domain.mail import MailsTooMany
from efir.domain.users import (
    InvalidUser,
    NicknameTaken,
    User,
    parse_display_name,
    parse_language,
    parse_nickname,
    skeleton,
)
from efir.ports.transactions import Transaction
from efir.ports.users import MeView, UserView


class NewAccount(Struct, frozen=True, kw_only=True):
    """Validated values of a new account; `password` is a wrapped hash, None for users who sign in through a provider.

    `arrival` is the user's identity there, `confirmed` whether they have proven that they receive mail at the address.
    """

    nickname: str
    display_name: str
    email: EmailAddress
    password: bytes | None
    phone: str | None = None
    locale: str = LANGUAGES[0]
    arrival: Arrival | None = None
    confirmed: bool = False


async def register_user(
    ports: Ports,
    *,
    email: str,
    nickname: str,
    password: str,
    display_name: str | None,
    visitor: Visitor,
    now: datetime,
    locale: str = LANGUAGES[0],
) -> UserView:
    """Create an account, its channel and the mail that confirms its address, together or not at all.

    Raises InvalidUser naming every wrong field, NicknameTaken, HandleTaken, RegistrationInStepsOnly, Throttled.
    """
    if ports.accounts.require_email is RequireEmail.FINISH:
        raise RegistrationInStepsOnly
    wrong = ErrorCollector()
    name = wrong.attempt(lambda: parse_nickname(nickname))
    address = wrong.attempt(lambda: ports.accounts.addresses.parse(email))
    shown = wrong.attempt(lambda: parse_display_name(display_name or nickname))
    secret = wrong.attempt(
        lambda: check_password_quality(ports, password, nickname=name or "", email_key=address.key if address else "")
    )
    lang = wrong.attempt(lambda: parse_language(locale))
    if wrong.errors or name is None or address is None or shown is None or secret is None or lang is None:
        raise InvalidUser(errors=tuple(wrong.errors))
    await enforce_limits(ports, registration_rate(ports, visitor=visitor))
    account = NewAccount(
        nickname=name, display_name=shown, email=address, password=await ports.auth.passwords.hash(secret), locale=lang
    )
    async with ports.begin() as tx:
        if await tx.registrations.is_reserved(skeleton(name), now=now, but_for=None):
            raise NicknameTaken
        return await open_account(ports, tx, account, now=now)


async def open_account(ports: Ports, tx: Transaction, account: NewAccount, *, now: datetime) -> UserView:
    """Store an account, its channel, its identity at a provider and its confirmation mail; the only way to create one.

    Raises NicknameTaken, HandleTaken, PhoneTaken, IdentityTaken, EmailTaken.
    """
    user = User(
        id=UserId(ports.new_id()), nickname=account.nickname, nick_skel=skeleton(account.nickname),
        display_name=account.display_name, email=account.email.shown, email_key=account.email.key, created_at=now,
        phone=account.phone, locale=account.locale,
    )  # fmt: skip
    await tx.users.add(user, account.password)
    await tx.channels.add(
        Channel(
            id=ChannelId(ports.new_id()), owner_id=user.id, handle=user.nickname, title=user.display_name,
            description="", created_at=now,
        )
    )  # fmt: skip
    if account.arrival is not None:
        await tx.identities.add(account.arrival.link(IdentityId(ports.new_id()), user.id, now=now))
    if account.confirmed:
        await tx.profiles.confirm_email(user.id, account.email, now=now)
    else:
        await welcome(ports, tx, user.id, account.email, now=now)
    return UserView(id=user.id, nickname=user.nickname, display_name=user.display_name, created_at=now)


async def welcome(ports: Ports, tx: Transaction, user_id: UserId, address: EmailAddress, *, now: datetime) -> None:
    """Mail a confirmation request to a new user, at the end of the transaction that created the account.

    An address that has had too many such mails this hour gets no more; the user can request one later.
    """
    with suppress(MailsTooMany):
        await ask_confirmation(ports, tx, await tx.profiles.account(user_id), address, now=now)


async def get_me(ports: Ports, *, user_id: UserId) -> MeView:
    """Return a user's own account. Raises UserNotFound."""
    async with ports.read() as views:
        return with_avatar(ports, await views.users.me(user_id))
