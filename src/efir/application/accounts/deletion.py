"""Account deletion: the account is closed at once, can be restored for a while, and is then purged."""

from contextlib import suppress
from datetime import datetime, timedelta

from efir.application.access.audit import own_act, write_audit_entry
from efir.application.access.invalidation import revoking
from efir.application.auth.reauthentication import reauthenticate
from efir.application.auth.sessions import end_sessions, find_login, recognise
from efir.application.context import Ports, Visitor
from efir.application.jobs.engine import Progress
from efir.application.mail.mails import Envelope, put_mail
from efir.domain.access.roles import LastAdministrator
from efir.domain.auth.login_history import Method
from efir.domain.jobs import ClaimedJob, EventName, JobKind, NewJob
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.mail import MailKind
from efir.domain.users import NAME_HOLD_DAYS, DeletionPending, NotPending, UserNotFound, UserStatus
from efir.ports.access.credential_cache import Credential
from efir.ports.transactions import Transaction

AT_ONCE = 100


async def delete_me(ports: Ports, *, credential: Credential, password: str | None, now: datetime) -> datetime:
    """Close the caller's account and end all its credentials; return when it will be purged.

    Raises StepUpNeeded, WrongPassword, Throttled, LastAdministrator.
    """
    user_id = await reauthenticate(ports, credential, password=password, now=now)
    grace = timedelta(seconds=ports.limits.deletion_grace_seconds)
    async with revoking(ports) as change:
        tx = change.tx
        await tx.roles.lock_administration()
        administrated = await tx.roles.administrators()
        account = await tx.profiles.account(user_id, lock=True)
        await tx.profiles.plan_purge(user_id, now + grace)
        change.user(user_id, await tx.users.set_status(user_id, UserStatus.PENDING_DELETE, end_sessions=True))
        if administrated and not await tx.roles.administrators():
            raise LastAdministrator
        await end_sessions(change, user_id, keep=None, now=now, reason="account.closed")
        await write_audit_entry(tx, own_act(user_id), "account.closed", f"user:{user_id}", now=now)
        await tx.jobs.put([_purge(user_id, grace)])
        if account.confirmed is not None:
            envelope = Envelope(account.confirmed, account.locale, user_id)
            date = (now + grace).date().isoformat()
            await put_mail(
                ports, tx, MailKind.DELETION_PLANNED, envelope, now=now, nickname=account.nickname, date=date
            )
    return now + grace


async def restore_user(ports: Ports, *, login: str, password: str, visitor: Visitor, now: datetime) -> None:
    """Restore an account that was about to be purged.

    Raises WrongCredentials, UserBanned, Throttled, NotPending.
    """
    with suppress(DeletionPending):  # raised only after the right password
        await recognise(ports, login=login, password=password, method=Method.PASSWORD, visitor=visitor, now=now)
        raise NotPending
    user_id = await find_login(ports, login)
    async with revoking(ports) as change:
        account = await change.tx.profiles.account(user_id, lock=True)
        if account.status != UserStatus.PENDING_DELETE:
            raise NotPending
        await change.tx.profiles.plan_purge(user_id, None)
        change.user(user_id, await change.tx.users.set_status(user_id, UserStatus.ACTIVE, end_sessions=False))
        await write_audit_entry(change.tx, own_act(user_id), "account.kept", f"user:{user_id}", now=now)


async def purge_user(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Purge an account that is due: delete its videos and leave a pseudonym without personal data.

    An account that was restored is left alone; one that was deleted again since then waits until it is due.
    """
    user_id, now = UserId(job.subject), ports.clock()
    while await _drop_videos(ports, user_id, now=now):
        pass
    async with revoking(ports) as change:
        tx = change.tx
        await tx.jobs.finish(job)
        if (left := await _find_time_left(tx, user_id, now=now)) is None:
            return
        if left > timedelta():
            await tx.jobs.put([_purge(user_id, left)])
            return
        account = await tx.profiles.account(user_id, lock=True)
        await end_sessions(change, user_id, keep=None, now=now, reason="account.emptied")
        hold_until = now + timedelta(days=NAME_HOLD_DAYS)
        await tx.pictures.end_of(user_id)
        await tx.profiles.empty(user_id, nickname=f"deleted-{user_id.hex}", now=now, hold_until=hold_until)
        change.user(user_id, await tx.users.set_status(user_id, UserStatus.DELETED, end_sessions=True))
        await tx.outbox.put(EventName.USER_DELETED, user_id)
        await write_audit_entry(tx, own_act(user_id), "account.emptied", f"user:{user_id}", now=now)
        if account.confirmed is not None:
            envelope = Envelope(account.confirmed, account.locale)
            await put_mail(ports, tx, MailKind.ACCOUNT_DELETED, envelope, now=now, nickname=account.nickname)


def _purge(user_id: UserId, delay: timedelta) -> NewJob:
    return NewJob(kind=JobKind.PURGE_USER, subject=user_id, priority=3, delay=delay.total_seconds())


async def _find_time_left(tx: Transaction, user_id: UserId, *, now: datetime) -> timedelta | None:
    """Return how long an account can still be restored; None when it is not being deleted."""
    try:
        account = await tx.profiles.account(user_id, lock=True)
    except UserNotFound:
        return None
    if account.purge_at is None or account.status == UserStatus.ACTIVE:
        return None
    return max(account.purge_at - now, timedelta())


async def _drop_videos(ports: Ports, user_id: UserId, *, now: datetime) -> bool:
    """Delete a batch of videos of an account that is due; return False when none is left."""
    async with ports.begin() as tx:
        if await _find_time_left(tx, user_id, now=now) != timedelta():
            return False
        videos = await tx.videos.ids_of(user_id, limit=AT_ONCE)
        for video_id in videos:
            await tx.videos.delete(VideoId(video_id), now=now)
            await tx.jobs.cancel(video_id)
            await tx.outbox.put(EventName.VIDEO_DELETED, video_id)
    return bool(videos)
