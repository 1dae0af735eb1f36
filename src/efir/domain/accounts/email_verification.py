"""Proofs that a user has access to a mailbox: a link and, for addresses, a code; each works once, for a limited time.

A user has at most one valid proof per purpose: a new one replaces the old one.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from efir.domain.kernel.errors import Conflict, FieldError, Gone, Invalid
from efir.domain.kernel.ids import UserId

CODE = re.compile(r"[0-9]{8}")
SECRET = re.compile(r"[0-9A-Za-z]{43}")
TRIES = 5
_BETWEEN = re.compile(r"[\s-]")


class ProofGone(Gone):
    """The link or code was used, has expired, was replaced by a newer one, or never existed."""

    code = "proof-gone"
    title = "This link or code is no longer valid; request a new one"


class WrongCode(Invalid):
    """The code does not match the one in the mail; after five wrong codes it is invalid."""

    code = "wrong-code"
    title = "This is not the code of the mail"


class EmailTaken(Conflict):
    """Another account has confirmed this address."""

    code = "email-taken"
    title = "This address belongs to another account"


class EmailConfirmed(Conflict):
    """The address is already confirmed."""

    code = "email-confirmed"
    title = "The email address is already confirmed"


class ProofPurpose(StrEnum):
    """What a proof permits."""

    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105  # the name of a purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof as stored: hashes only. `email` is the address it was sent to.

    A code can be guessed, so it expires at `code_until`; the link, with 256 random bits, expires at `expires_at`.
    """

    user_id: UserId
    purpose: ProofPurpose
    email: str
    email_key: str
    token_hash: bytes
    code_hash: bytes | None
    created_at: datetime
    code_until: datetime
    expires_at: datetime
    tries: int = 0

    def takes_codes(self, now: datetime) -> bool:
        """Return whether a code is still accepted."""
        return self.code_hash is not None and now < self.code_until and self.tries < TRIES


def parse_code(text: str) -> str:
    """Parse an entered code; white space and dashes between digits are ignored. Raises WrongCode."""
    code = _BETWEEN.sub("", text)
    if not CODE.fullmatch(code):
        raise refuse_code()
    return code


def parse_secret(text: str) -> str:
    """Parse the secret of a link. Raises ProofGone."""
    if not SECRET.fullmatch(text):
        raise ProofGone
    return text


def refuse_code() -> WrongCode:
    """Return the error for a wrong code, which points to its field."""
    return WrongCode(errors=(FieldError("/code", "wrong", WrongCode.title),))
