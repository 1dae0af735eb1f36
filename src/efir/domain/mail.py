"""Emails that the service sends: their kinds, states, and the facts that each kind needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import Conflict, TooMany
from efir.domain.kernel.ids import UserId

MailId = NewType("MailId", UUID)


class MailRefused(Conflict):
    """The mail server permanently refused this mail, as it does for an address that does not exist."""

    code = "mail-refused"
    title = "The mail server refused this mail"


class MailsTooMany(TooMany):
    """The limit of mails of one kind to one address in an hour is reached."""

    code = "mails-too-many"
    title = "Too many mails to this address"


class MailState(StrEnum):
    """The states of a mail; in `asked` a worker decides whether to send one, `kept` is for the development mailbox."""

    ASKED = "asked"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    KEPT = "kept"


class MailKind(StrEnum):
    """What a mail is about; the mail adapter has the wording."""

    EMAIL_CONFIRM = "email-confirm"
    EMAIL_KNOWN = "email-known"
    EMAIL_CHANGED = "email-changed"
    REGISTRATION_CODE = "registration-code"
    PASSWORD_RESET = "password-reset"  # noqa: S105  # the name of a kind
    PASSWORD_CHANGED = "password-changed"  # noqa: S105  # the name of a kind
    SECURITY_CHANGED = "security-changed"
    ACCOUNT_SEEN = "account-seen"
    DELETION_PLANNED = "deletion-planned"
    ACCOUNT_DELETED = "account-deleted"


FACTS: Mapping[MailKind, frozenset[str]] = {
    MailKind.EMAIL_CONFIRM: frozenset({"nickname", "code", "token"}),
    MailKind.EMAIL_KNOWN: frozenset({"nickname"}),
    MailKind.REGISTRATION_CODE: frozenset({"nickname", "code"}),
    MailKind.EMAIL_CHANGED: frozenset({"nickname", "email"}),
    MailKind.PASSWORD_RESET: frozenset({"nickname", "token"}),
    MailKind.PASSWORD_CHANGED: frozenset({"nickname"}),
    MailKind.SECURITY_CHANGED: frozenset({"nickname", "what"}),
    MailKind.ACCOUNT_SEEN: frozenset({"nickname"}),
    MailKind.DELETION_PLANNED: frozenset({"nickname", "date"}),
    MailKind.ACCOUNT_DELETED: frozenset({"nickname"}),
}
"""Names of the facts of each kind. `token` and `code` are secrets: stored sealed and never logged."""


class WrongFacts(ValueError):
    """A mail was created with facts other than those its kind needs: a programming error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to one address; after `expires_at` it is no longer sent. `lang` is en or ru."""

    id: MailId
    kind: MailKind
    recipient: str
    lang: str
    created_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)
    user_id: UserId | None = None
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises WrongFacts when the facts are not those of the kind."""
        if self.facts.keys() != FACTS[self.kind]:
            raise WrongFacts(f"{self.kind} needs {sorted(FACTS[self.kind])}")

    def worth_sending(self, now: datetime) -> bool:
        """Return whether the mail has not expired."""
        return self.expires_at is None or now < self.expires_at


DELAYS = (5.0, 60.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0)
"""Seconds between attempts while the mail server is unavailable: more than a day in total, as mail servers do."""
