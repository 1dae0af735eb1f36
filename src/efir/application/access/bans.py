"""Bans: effective at once in every process, and lifted when they expire."""

from datetime import datetime

from efir.application.access.actors import SYSTEM
from efir.application.access.audit import write_audit_entry
from efir.application.access.invalidation import revoking
from efir.application.context import Actor, Ports
from efir.domain.access.bans import Ban, BanId, CannotBan, parse_ban
from efir.domain.access.roles import LastAdministrator, check_within
from efir.domain.kernel.ids import UserId

BATCH = 100


async def ban_user(
    ports: Ports, actor: Actor, *, user_id: UserId, reason: str, until: datetime | None, now: datetime
) -> None:
    """Ban an account: end its login sessions, suspend its tokens and stop its processing.

    A second ban replaces the first.
    Raises InvalidBan, UserNotFound, CannotBan, WiderThanOwn, LastAdministrator.
    """
    text = parse_ban(reason=reason, until=until, now=now)
    if actor.user_id == user_id:
        raise CannotBan("You cannot ban yourself.")
    async with revoking(ports) as change:
        await change.tx.roles.lock_administration()
        administrated = await change.tx.roles.administrators()
        for grant in await change.tx.views.roles.list_grants(user_id, now=now):
            check_within(frozenset(grant.permissions), actor.permissions)
        ban = Ban(
            id=BanId(ports.new_id()), user_id=user_id, by_id=actor.user_id, reason=text, starts_at=now, ends_at=until
        )
        await change.tx.bans.put(ban)
        change.user(user_id, await change.tx.users.ban(user_id))
        if administrated and not await change.tx.roles.administrators():
            raise LastAdministrator
        await change.tx.jobs.withdraw(user_id)
        await write_audit_entry(change.tx, actor, "user.banned", f"user:{user_id}", now=now, reason=text, until=until)


async def unban_user(ports: Ports, actor: Actor, *, user_id: UserId, now: datetime) -> None:
    """Lift a ban; without one, nothing changes. Raises UserNotFound."""
    async with revoking(ports) as change:
        await change.tx.views.users.account(user_id, now=now)
        if await change.tx.bans.lift(user_id, by=actor.user_id, now=now):
            change.user(user_id, await change.tx.users.unban(user_id))
            await write_audit_entry(change.tx, actor, "user.unbanned", f"user:{user_id}", now=now)


async def lift_ended_bans(ports: Ports) -> None:
    """Lift bans that have expired."""
    now = ports.clock()
    async with revoking(ports) as change:
        for user_id in await change.tx.bans.find_ended(now=now, limit=BATCH):
            await change.tx.bans.lift(user_id, by=None, now=now)
            change.user(user_id, await change.tx.users.unban(user_id))
            await write_audit_entry(change.tx, SYSTEM, "user.unbanned", f"user:{user_id}", now=now, ended=True)
