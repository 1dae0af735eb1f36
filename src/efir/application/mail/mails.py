"""Mails: stored with the change they report, sent by a job; without a mail server, kept for the development mailbox."""

import asyncio
from datetime import datetime, timedelta

from msgspec import Struct

from efir.application.context import Ports
from efir.application.jobs.engine import Progress
from efir.domain.jobs import ClaimedJob, Failure, JobKind, NewJob, Queue
from efir.domain.kernel.errors import Unavailable
from efir.domain.kernel.ids import EmailAddress, UserId
from efir.domain.mail import Mail, MailId, MailKind, MailState, MailsTooMany
from efir.ports.jobs.jobs import JobRow
from efir.ports.mail import Letter
from efir.ports.transactions import Transaction

HOUR = timedelta(hours=1)
NOTING_DELAYS = (0.2, 1.0, 3.0, 5.0)
MAILBOX = 50


class Envelope(Struct, frozen=True):
    """The recipient of a mail, its language, and until when it is worth sending."""

    address: EmailAddress
    lang: str
    user_id: UserId | None = None
    expires_at: datetime | None = None


class KeptMail(Struct, frozen=True):
    """A mail of the development mailbox, as text."""

    kind: str
    letter: Letter
    created_at: datetime


async def put_mail(
    ports: Ports, tx: Transaction, kind: MailKind, envelope: Envelope, *, now: datetime, **facts: str
) -> None:
    """Store a mail in the transaction of the change it reports; a job sends it. Call it last in the transaction."""
    mail = Mail(
        id=MailId(ports.new_id()), kind=kind, recipient=envelope.address.shown, lang=envelope.lang, created_at=now,
        facts=facts, user_id=envelope.user_id, expires_at=envelope.expires_at,
    )  # fmt: skip
    if ports.mail.mailer is None:
        await tx.mails.add(mail, envelope.address, MailState.KEPT)
        return
    await tx.mails.add(mail, envelope.address, MailState.WAITING)
    await tx.jobs.put([NewJob(kind=JobKind.SEND_MAIL, subject=mail.id, owner_id=envelope.user_id, queue=Queue.MAIL)])


async def is_within_budget(ports: Ports, tx: Transaction, kind: MailKind, address_key: str, *, now: datetime) -> bool:
    """Return whether another mail of a kind may be sent to an address within this hour."""
    return await tx.mails.recent(kind, address_key, since=now - HOUR) < ports.limits.max_mails_an_hour


async def spend_budget(ports: Ports, tx: Transaction, kind: MailKind, address_key: str, *, now: datetime) -> None:
    """Raises MailsTooMany when no more mails of a kind may be sent to an address within this hour."""
    if not await is_within_budget(ports, tx, kind, address_key, now=now):
        raise MailsTooMany(retry_after=int(HOUR.total_seconds()))


async def send_mail(ports: Ports, job: ClaimedJob, _progress: Progress) -> None:
    """Pass a mail to the mail server; an outdated one is dropped.

    It is sent again only after an attempt whose response was lost, and then under the same Message-ID.
    Raises MailRefused, MailServerUnavailable.
    """
    async with ports.begin() as tx:
        mail = await tx.mails.waiting(MailId(job.subject))
    if mail is None:
        state = MailState.SENT
    elif not mail.worth_sending(ports.clock()):
        state = MailState.EXPIRED
    elif ports.mail.mailer is None:
        state = MailState.KEPT
    else:
        await ports.mail.mailer.send(ports.mail.wording.letter(mail))
        state = MailState.SENT
    await _note_failure(ports, job, state)


async def handle_mail_failure(ports: Ports, tx: Transaction, row: JobRow, _failure: Failure) -> None:
    """Close a mail that was refused, and delete its secrets."""
    await tx.mails.end(MailId(row.subject), MailState.FAILED, now=ports.clock())


async def forget_mails(ports: Ports) -> int:
    """Delete mails whose retention has ended; return how many. A tick calls it."""
    async with ports.begin() as tx:
        return await tx.mails.forget(ports.clock() - timedelta(seconds=ports.limits.mail_keep_seconds))


async def list_kept_mails(ports: Ports) -> list[KeptMail]:
    """Return the newest mails that were kept because no mail server is configured."""
    async with ports.read() as views:
        kept = await views.mails.list_kept(MAILBOX)
    return [KeptMail(mail.kind.value, ports.mail.wording.letter(mail), mail.created_at) for mail in kept]


async def _note_failure(ports: Ports, job: ClaimedJob, state: MailState) -> None:
    """Complete the job, with retries: an unavailable database must not cause a second mail."""
    for delay in (*NOTING_DELAYS, None):
        try:
            async with ports.begin() as tx:
                await tx.jobs.finish(job)
                await tx.mails.end(MailId(job.subject), state, now=ports.clock())
        except Unavailable:
            if delay is None:
                raise
            await asyncio.sleep(delay)
        else:
            return
