"""Accounts."""

from datetime import datetime

from efir.application.collected import Collected
from efir.application.context import Ports
from efir.domain.channels import Channel, ChannelId
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
    return UserView(id=user.id, nickname=user.nickname, display_name=user.display_name, created_at=now)


async def get_me(ports: Ports, *, user_id: UserId) -> MeView:
    """Answer a user's own account. Raises UserNotFound."""
    async with ports.read() as views:
        return await views.users.me(user_id)
