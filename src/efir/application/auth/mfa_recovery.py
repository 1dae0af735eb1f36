"""Removal of a second factor that its owner has lost, by an administrator or the operator."""

from datetime import datetime

from efir.application.access.actors import OPERATOR
from efir.application.access.audit import write_audit_entry
from efir.application.access.invalidation import revoking
from efir.application.auth.alerts import alert
from efir.application.auth.sessions import end_sessions
from efir.application.context import Actor, Ports
from efir.domain.access.roles import check_within
from efir.domain.auth.alerts import Alert
from efir.domain.auth.impersonation import parse_reason
from efir.domain.auth.second_factors import SecondFactorOff
from efir.domain.kernel.ids import UserId


async def remove_lost_factor(ports: Ports, actor: Actor, *, user_id: UserId, reason: str, now: datetime) -> None:
    """Remove app and recovery codes of a user whose rights do not exceed the actor's; all their sessions end.

    Raises InvalidReason, UserNotFound, WiderThanOwn, SecondFactorOff.
    """
    text = parse_reason(reason)
    async with revoking(ports) as change:
        await change.tx.roles.lock_administration()
        for grant in await change.tx.views.roles.list_grants(user_id, now=now):
            check_within(frozenset(grant.permissions), actor.permissions)
        await change.tx.second_factors.lock(user_id)
        if not await change.tx.second_factors.remove(user_id):
            raise SecondFactorOff
        await end_sessions(change, user_id, keep=None, now=now, reason="second-factor")
        change.user(user_id, await change.tx.users.note_rights_change(user_id))
        await write_audit_entry(change.tx, actor, "user.second-factor-removed", f"user:{user_id}", now=now, reason=text)
        await alert(ports, change.tx, user_id, Alert.TOTP_REMOVED_FOR_YOU, now=now)


async def remove_by_operator(ports: Ports, *, nickname: str, reason: str, now: datetime) -> None:
    """Remove a user's lost second factor, as the operator of this machine.

    Raises InvalidReason, UserNotFound, SecondFactorOff.
    """
    async with ports.read() as views:
        user_id = await views.users.get_by_nickname(nickname.strip().lower())
    await remove_lost_factor(ports, OPERATOR, user_id=user_id, reason=reason, now=now)
