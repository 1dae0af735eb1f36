"""The check that the account of an authenticated user may sign in."""

from datetime import datetime

from efir.application.auth.login_history import record_login_event
from efir.application.context import Ports, Visitor
from efir.application.pictures import with_avatar
from efir.domain.auth.login_history import Method, Outcome
from efir.domain.auth.sessions import WrongCredentials
from efir.domain.kernel.ids import UserId
from efir.domain.users import DeletionPending, UserBanned, UserNotFound, UserStatus
from efir.ports.users import UserView


async def require_active(ports: Ports, user_id: UserId, *, method: Method, visitor: Visitor, now: datetime) -> UserView:
    """Return a user who may sign in; refusals are recorded.

    Raises UserBanned, DeletionPending, and WrongCredentials for a deleted account.
    """
    try:
        async with ports.read() as views:
            account = await views.users.account(user_id, now=now)
            me = with_avatar(ports, await views.users.me(user_id)) if account.status == UserStatus.ACTIVE else None
    except UserNotFound as error:
        raise WrongCredentials from error
    if me is not None:
        return UserView(
            id=me.id, nickname=me.nickname, display_name=me.display_name, created_at=me.created_at, avatar=me.avatar
        )
    async with ports.begin() as tx:
        await record_login_event(ports, tx, Outcome.BANNED, method, visitor=visitor, now=now, user_id=user_id)
    if account.status == UserStatus.PENDING_DELETE:
        raise DeletionPending
    raise UserBanned(UserBanned.explain(account.ban_reason, account.banned_until))
