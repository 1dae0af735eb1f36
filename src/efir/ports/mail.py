"""Mails: storage, wording and delivery."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from efir.domain.kernel.errors import Unavailable
from efir.domain.kernel.ids import EmailAddress
from efir.domain.mail import Mail, MailId, MailKind, MailState


class MailServerUnavailable(Unavailable):
    """The mail server does not respond, or asks to try again later."""

    code = "mail-server-away"
    title = "The mail server does not accept mail right now"


class Letter(Struct, frozen=True):
    """A mail in words; the same content as plain text and as HTML."""

    id: UUID
    recipient: str
    lang: str
    subject: str
    text: str
    html: str
    created_at: datetime


class Asked(Struct, frozen=True):
    """A request for a mail to an address; a worker decides whether there is one to send."""

    recipient: str
    recipient_key: str
    created_at: datetime


class Wording(Protocol):
    """Puts mails into words."""

    def letter(self, mail: Mail) -> Letter:
        """Word a mail in its language; links are built from the configured public address only."""
        ...


class Mailer(Protocol):
    """Hands mail to a mail server."""

    async def send(self, letter: Letter) -> None:
        """Return when the server has taken the mail.

        Raises MailRefused permanently, MailServerUnavailable temporarily.
        MailServerUnavailable after the whole mail was sent means that the response was lost: it may have been accepted.
        """
        ...


class MailRepository(Protocol):
    """Mails inside a transaction; their facts are stored sealed and erased when the mail is done with."""

    async def add(self, mail: Mail, address: EmailAddress, state: MailState) -> None:
        """Store a mail to an address."""
        ...

    async def ask(self, mail_id: MailId, kind: MailKind, asked: Asked) -> None:
        """Store a request for a mail."""
        ...

    async def take_request(self, mail_id: MailId) -> Asked | None:
        """Take what was asked for; it is gone when the transaction commits."""
        ...

    async def waiting(self, mail_id: MailId) -> Mail | None:
        """Find a mail that is still to be sent."""
        ...

    async def end(self, mail_id: MailId, state: MailState, *, now: datetime) -> None:
        """Close a mail that waits; only a kept one keeps its facts."""
        ...

    async def recent(self, kind: MailKind, address_key: str, *, since: datetime) -> int:
        """Count mails of a kind to an address since a moment; two counts of one address follow each other."""
        ...

    async def forget(self, before: datetime) -> int:
        """Remove what is older; returns how many."""
        ...


class MailViews(Protocol):
    """Mails, read."""

    async def list_kept(self, limit: int) -> list[Mail]:
        """Return mails of the development mailbox, newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPorts:
    """What puts mails into words and hands them on; without a mailer they are kept for the development mailbox."""

    wording: Wording
    mailer: Mailer | None


class MailRepositories(Protocol):
    """What is changed of mails."""

    @property
    def mails(self) -> MailRepository:
        """Changes mails."""
        ...


class MailReadModels(Protocol):
    """What is read of mails."""

    @property
    def mails(self) -> MailViews:
        """Reads mails."""
        ...
