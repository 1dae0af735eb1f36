"""Accounts."""

from datetime import datetime

from efir.application.collected import Collected
from efir.application.context import Ports
from efir.application.emails import ask_confirmation
from efir.application.mails import within_budget
from efir.application.passwords import good_password
from efir.domain.channels import Channel, ChannelId
from efir.domain.mails import MailKind
from efir.domain.users import (
    LANGUAGES,
    EmailAddress,
    InvalidUser,
    User,
    UserId,
    parse_display_name,
    parse_language,
    parse_nickname,
    skeleton,
)
from efir.ports.transactions import Transaction
from efir.ports.users import MeView, UserView


async def register_user(
    ports: Ports,
    *,
    email: str,
    nickname: str,
    password: str,
    display_name: str | None,
    now: datetime,
    locale: str = LANGUAGES[0],
) -> UserView:
    """Make an account, its channel and the mail that confirms its address, together or not at all.

    Raises InvalidUser naming every wrong field, NicknameTaken, HandleTaken.
    """
    wrong = Collected()
    name = wrong.tried(lambda: parse_nickname(nickname))
    address = wrong.tried(lambda: ports.addresses.parse(email))
    shown = wrong.tried(lambda: parse_display_name(display_name or nickname))
    secret = wrong.tried(
        lambda: good_password(ports, password, nickname=name or "", email_key=address.key if address else "")
    )
    lang = wrong.tried(lambda: parse_language(locale))
    if wrong.errors or name is None or address is None or shown is None or secret is None or lang is None:
        raise InvalidUser(errors=tuple(wrong.errors))
    user = User(
        id=UserId(ports.new_id()), nickname=name, nick_skel=skeleton(name), display_name=shown, email=address.shown,
        email_key=address.key, created_at=now, locale=lang,
    )  # fmt: skip
    stored = await ports.passwords.hash(secret)
    async with ports.begin() as tx:
        await tx.users.add(user, stored)
        await tx.channels.add(
            Channel(
                id=ChannelId(ports.new_id()), owner_id=user.id, handle=user.nickname, title=user.display_name,
                description="", created_at=now,
            )
        )  # fmt: skip
        await welcome(ports, tx, user.id, address, now=now)
    return UserView(id=user.id, nickname=user.nickname, display_name=user.display_name, created_at=now)


async def welcome(ports: Ports, tx: Transaction, user_id: UserId, address: EmailAddress, *, now: datetime) -> None:
    """Ask a new person to confirm the address, at the end of the transaction that made the account.

    An address that got many such mails this hour gets no more; the person can ask for one later.
    """
    if await within_budget(ports, tx, MailKind.EMAIL_CONFIRM, address.key, now=now):
        await ask_confirmation(ports, tx, await tx.profiles.account(user_id), address, now=now)


async def get_me(ports: Ports, *, user_id: UserId) -> MeView:
    """Answer a user's own account. Raises UserNotFound."""
    async with ports.read() as views:
        return await views.users.me(user_id)
