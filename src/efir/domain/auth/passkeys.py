"""Passkeys: key pairs stored by a device or a password manager (W3C Web Authentication, level 3)."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import NewType
from uuid import UUID

from efir.domain.kernel.errors import Conflict, FieldError, Invalid, NotFound, Unauthenticated
from efir.domain.kernel.ids import UserId

PasskeyId = NewType("PasskeyId", UUID)
MAX_LABEL = 60
LOCAL = "localhost"


class PasskeyRefused(Unauthenticated):
    """The proof is invalid: unknown or cloned passkey, used challenge, another site, or unverified user."""

    code = "passkey-refused"
    title = "The passkey was not accepted"


class PasskeyInvalid(Invalid):
    """The browser's response is not a new passkey for this site, created by a verified user for this challenge."""

    code = "passkey-invalid"
    title = "This passkey cannot be added"


class PasskeyKnown(Conflict):
    """The passkey already belongs to an account."""

    code = "passkey-known"
    title = "This passkey is already in use"


class PasskeysTooMany(Conflict):
    """The account has the maximum number of passkeys."""

    code = "passkeys-too-many"
    title = "The account has too many passkeys"


class PasskeysUnavailable(Conflict):
    """Browsers create passkeys only for domain names, and this service is reached by an IP address."""

    code = "passkeys-unavailable"
    title = "Passkeys require a domain name"


class PasskeyNotFound(NotFound):
    """This user has no such passkey."""

    code = "passkey-not-found"
    title = "There is no such passkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A passkey with its public key.

    `sign_count` counts its uses, if the authenticator counts them; a count that decreases means a cloned passkey.
    `backup_eligible` and `backed_up`: whether it may be, and is, stored on several devices.
    """

    id: PasskeyId
    cred_id: bytes
    user_id: UserId
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    backed_up: bool
    aaguid: str
    transports: list[str]
    label: str
    created_at: datetime

    def counts_on(self, sign_count: int) -> bool:
        """Return whether a use with this count may follow the last one (§6.1.1); 0 means that uses are not counted."""
        return sign_count > self.sign_count or sign_count == self.sign_count == 0


def site_name(host: str) -> str:
    """Return the relying party ID of a service at `host`, empty when it cannot have passkeys.

    Browsers do not support passkeys for IP addresses; a loopback address is used as `localhost`.
    """
    try:
        number = ip_address(host)
    except ValueError:
        return host
    return LOCAL if number.is_loopback else ""


def parse_label(text: str, *, otherwise: str) -> str:
    """Return the normalised name of a passkey; `otherwise` replaces an empty one. Raises PasskeyInvalid."""
    label = unicodedata.normalize("NFC", text).strip() or otherwise[:MAX_LABEL]
    if len(label) > MAX_LABEL or not label.isprintable():
        detail = f"A name has at most {MAX_LABEL} visible characters."
        raise PasskeyInvalid(detail, errors=(FieldError("/label", "label", detail),))
    return label
