"""Ports of email: storage, wording and delivery."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from efir.domain.kernel.errors import Unavailable
from efir.domain.kernel.ids import EmailAddress
from efir.domain.mail import Mail, MailId, MailKind, MailState


class MailServerUnavailable(Unavailable):
    """The mail server does not respond, or asks for another attempt later."""

    code = "mail-server-away"
    title = "The mail server is temporarily unavailable"


class Letter(Struct, frozen=True):
    """A composed mail; `text` and `html` have the same content."""

    id: UUID
    recipient: str
    lang: str
    subject: str
    text: str
    html: str
    created_at: datetime


class Asked(Struct, frozen=True):
    """A request for a mail to an address; a worker decides whether a mail is sent."""

    recipient: str
    recipient_key: str
    created_at: datetime


class Wording(Protocol):
    """Composes the text of mails."""

    def letter(self, mail: Mail) -> Letter:
        """Compose a mail in its language; links are built from the configured public URL only."""
        ...


class Mailer(Protocol):
    """Sends mail through a mail server."""

    async def send(self, letter: Letter) -> None:
        """Send a mail, and return once the server has accepted it.

        Raises MailRefused for permanent and MailServerUnavailable for temporary failures. MailServerUnavailable after
        the whole mail was sent means that the response was lost: the mail may have been accepted.
        """
        ...


class MailRepository(Protocol):
    """Stores mails within a transaction; their facts are sealed, and erased when the mail is closed."""

    async def add(self, mail: Mail, address: EmailAddress, state: MailState) -> None:
        """Store a mail to an address."""
        ...

    async def ask(self, mail_id: MailId, kind: MailKind, asked: Asked) -> None:
        """Store a request for a mail."""
        ...

    async def take_request(self, mail_id: MailId) -> Asked | None:
        """Take a request for a mail, or None; the commit deletes it."""
        ...

    async def waiting(self, mail_id: MailId) -> Mail | None:
        """Find a mail that still has to be sent."""
        ...

    async def end(self, mail_id: MailId, state: MailState, *, now: datetime) -> None:
        """Close a waiting mail with a final state; only a kept mail keeps its facts."""
        ...

    async def recent(self, kind: MailKind, address_key: str, *, since: datetime) -> int:
        """Count mails of a kind to an address since a time; counts for one address are serialized."""
        ...

    async def forget(self, before: datetime) -> int:
        """Delete mails created before a time. Return their number."""
        ...


class MailViews(Protocol):
    """Reads mails."""

    async def list_kept(self, limit: int) -> list[Mail]:
        """List mails of the development mailbox, newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPorts:
    """Ports that compose and send mails; without a mailer, mails are kept for the development mailbox."""

    wording: Wording
    mailer: Mailer | None


class MailRepositories(Protocol):
    """Repositories of mails."""

    @property
    def mails(self) -> MailRepository:
        """The repository of mails."""
        ...


class MailReadModels(Protocol):
    """Read models of mails."""

    @property
    def mails(self) -> MailViews:
        """The read model of mails."""
        ...
