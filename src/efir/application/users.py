"""Accounts."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from efir.application.context import Ports
from efir.domain.channels import Channel, ChannelId
from efir.domain.errors import FieldError, Invalid
from efir.domain.users import (
    InvalidUser,
    User,
    UserId,
    parse_display_name,
    parse_nickname,
    parse_password,
    skeleton,
)
from efir.ports.users import MeView, UserView

T = TypeVar("T")


async def register_user(
    ports: Ports, *, email: str, nickname: str, password: str, display_name: str | None, now: datetime
) -> UserView:
    """Make an account and its channel, together or not at all.

    Raises InvalidUser naming every wrong field, NicknameTaken, HandleTaken.
    """
    wrong = Collected()
    name = wrong.tried(lambda: parse_nickname(nickname))
    address = wrong.tried(lambda: ports.addresses.parse(email))
    shown = wrong.tried(lambda: parse_display_name(display_name or nickname))
    secret = wrong.tried(
        lambda: parse_password(password, nickname=name or "", email_key=address.key if address else "")
    )
    if wrong.errors or name is None or address is None or shown is None or secret is None:
        raise InvalidUser(errors=tuple(wrong.errors))
    user = User(
        id=UserId(ports.new_id()), nickname=name, nick_skel=skeleton(name), display_name=shown, email=address.shown,
        email_key=address.key, created_at=now,
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
        await tx.outbox.put("user_registered", user.id)
    return UserView(id=user.id, nickname=user.nickname, display_name=user.display_name, created_at=now)


async def get_me(ports: Ports, *, user_id: UserId) -> MeView:
    """Answer a user's own account. Raises UserNotFound."""
    async with ports.read() as views:
        return await views.users.me(user_id)


class Collected:
    """Collects the wrong fields of several parsers, so that a person is told all of them at once."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def tried(self, parse: Callable[[], T]) -> T | None:
        """Answer what `parse` answers, or None after noting its errors."""
        try:
            return parse()
        except Invalid as error:
            self.errors.extend(error.errors)
            return None
