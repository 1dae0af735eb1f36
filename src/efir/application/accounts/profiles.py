"""Profiles: the data that users enter about themselves, and the part of it that others see."""

from datetime import datetime, timedelta

from efir.application.access.audit import own_act, write_audit_entry
from efir.application.access.invalidation import revoking
from efir.application.context import Ports
from efir.application.kernel.error_collector import ErrorCollector
from efir.application.pictures import with_avatar
from efir.domain.kernel.ids import UserId
from efir.domain.users import (
    NAME_CHANGE_DAYS,
    NAME_HOLD_DAYS,
    InvalidUser,
    NicknameChangedRecently,
    parse_display_name,
    parse_language,
    parse_nickname,
    parse_phone,
)
from efir.ports.accounts.profiles import ProfileChange, ProfileView
from efir.ports.users import MeView


async def get_profile(ports: Ports, *, nickname: str) -> ProfileView:
    """Return the public profile of a user. Raises UserNotFound."""
    async with ports.read() as views:
        return with_avatar(ports, await views.profiles.profile(nickname.strip().lower()))


async def update_me(
    ports: Ports, *, user_id: UserId, change: ProfileChange, nickname: str | None, now: datetime
) -> MeView:
    """Change display name, language, phone number (an empty one removes it) or nickname.

    A nickname that is given up stays reserved for ninety days; channels keep their handles. Raises InvalidUser naming
    every wrong field, PhoneTaken, NicknameTaken, NicknameChangedRecently.
    """
    checked, name = _check(change, nickname)
    async with revoking(ports) as changed:
        tx = changed.tx
        account = await tx.profiles.account(user_id, lock=True)
        await tx.profiles.change(user_id, checked)
        if name is not None and name != account.nickname:
            if await tx.profiles.was_renamed_since(user_id, now - timedelta(days=NAME_CHANGE_DAYS)):
                raise NicknameChangedRecently
            await tx.profiles.rename(user_id, name, now=now, hold_until=now + timedelta(days=NAME_HOLD_DAYS))
            await write_audit_entry(
                tx,
                own_act(user_id),
                "nickname.changed",
                f"user:{user_id}",
                now=now,
                before=account.nickname,
                after=name,
            )
        changed.user(user_id, await tx.users.note_rights_change(user_id))  # cached credentials contain the names
    async with ports.read() as views:
        return with_avatar(ports, await views.users.me(user_id))


def _check(change: ProfileChange, nickname: str | None) -> tuple[ProfileChange, str | None]:
    wrong = ErrorCollector()
    shown, locale, phone, name = change.display_name, change.locale, change.phone, nickname
    if shown is not None:
        shown = wrong.attempt(lambda: parse_display_name(change.display_name or ""))
    if locale is not None:
        locale = wrong.attempt(lambda: parse_language(change.locale or ""))
    if phone:
        phone = wrong.attempt(lambda: parse_phone(change.phone or ""))
    if nickname is not None:
        name = wrong.attempt(lambda: parse_nickname(nickname))
    if wrong.errors:
        raise InvalidUser(errors=tuple(wrong.errors))
    return ProfileChange(display_name=shown, locale=locale, phone=phone), name
