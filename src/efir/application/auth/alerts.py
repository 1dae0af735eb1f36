"""Mails that notify users of changes to the ways to sign in to their account."""

from datetime import datetime

from efir.application.context import Ports
from efir.application.mail.mails import Envelope, put_mail
from efir.domain.auth.alerts import Alert
from efir.domain.kernel.ids import UserId
from efir.domain.mail import MailKind
from efir.ports.transactions import Transaction


async def alert(ports: Ports, tx: Transaction, user_id: UserId, what: Alert, *, now: datetime) -> None:
    """Store a mail to the confirmed address, if there is one, at the end of the transaction of the change."""
    account = await tx.profiles.account(user_id)
    if account.confirmed is not None:
        envelope = Envelope(account.confirmed, account.locale, user_id)
        await put_mail(
            ports, tx, MailKind.SECURITY_CHANGED, envelope, now=now, nickname=account.nickname, what=what.value
        )
