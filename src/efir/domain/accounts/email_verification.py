"""Proofs that a user reads a mailbox: a link and, for addresses, a code; each is good once and for minutes.

A person has at most one live proof of a purpose: a new one ends the old one.
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
    """The code is not the one in the mail; after five wrong ones it is worth nothing."""

    code = "wrong-code"
    title = "This is not the code of the mail"


class EmailTaken(Conflict):
    """Another account has confirmed this address."""

    code = "email-taken"
    title = "This address belongs to another account"


class EmailConfirmed(Conflict):
    """The address is already confirmed."""

    code = "email-confirmed"
    title = "The address is confirmed already"


class ProofPurpose(StrEnum):
    """What a proof is good for."""

    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105  # the name of a purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof as it is stored: hashes only. `email` is the address it was sent to.

    A code can be guessed, so it ends at `code_until`; the link, 256 random bits, at `expires_at`.
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
        """Return whether a typed code can still be right."""
        return self.code_hash is not None and now < self.code_until and self.tries < TRIES


def parse_code(text: str) -> str:
    """Read a typed code; blanks and dashes between digits do not count. Raises WrongCode."""
    code = _BETWEEN.sub("", text)
    if not CODE.fullmatch(code):
        raise refuse_code()
    return code


def parse_secret(text: str) -> str:
    """Read the secret of a link. Raises ProofGone."""
    if not SECRET.fullmatch(text):
        raise ProofGone
    return text


def refuse_code() -> WrongCode:
    """Name the field of a wrong code."""
    return WrongCode(errors=(FieldError("/code", "wrong", WrongCode.title),))
