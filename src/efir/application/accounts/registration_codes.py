"""Codes that verify the email address of a registration before the account exists."""

import hmac
from datetime import datetime, timedelta
from uuid import UUID

from efir.application.accounts.email_verification import find_known_holder
from efir.application.accounts.registration_rates import code_rate
from efir.application.accounts.registrations import get_registration, ticket_hash
from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import enforce_limits
from efir.application.mail.mails import Envelope, put_mail
from efir.domain.accounts.email_verification import ProofGone, parse_code, refuse_code
from efir.domain.accounts.registrations import NEEDED, Registration, RegistrationUnfinished, expiry
from efir.domain.kernel.errors import FieldError
from efir.domain.kernel.ids import LANGUAGES, EmailAddress
from efir.domain.mail import MailKind
from efir.ports.accounts.registrations import RegistrationView
from efir.ports.transactions import Transaction


async def send_email_code(
    ports: Ports, *, ticket: str, registration_id: UUID | None = None, visitor: Visitor, now: datetime
) -> None:
    """Mail a code to the address of a registration; earlier codes become invalid. A confirmed address gets none.

    If an account has confirmed the address, its owner gets a notice instead, and the response is the same.
    Raises RegistrationNotFound, RegistrationFinished, RegistrationUnfinished, MailsTooMany, Throttled.
    """
    await enforce_limits(ports, code_rate(ports, visitor=visitor))
    async with ports.begin() as tx:
        found = (await tx.registrations.get_by_ticket(ticket_hash(ticket), now=now)).require_id(registration_id).open()
        if found.email is None or found.email_key is None:
            raise RegistrationUnfinished(errors=(FieldError("/email", "missing", NEEDED["email"]),))
        if found.email_verified_at is None:
            await _mail_code(ports, tx, found, EmailAddress(found.email, found.email_key), now=now)


async def verify_email_code(
    ports: Ports, *, ticket: str, registration_id: UUID | None = None, code: str, now: datetime
) -> RegistrationView:
    """Confirm the address of a registration by the mailed code, which allows five wrong attempts.

    Raises RegistrationNotFound, RegistrationFinished, ProofGone, WrongCode.
    """
    typed, right = parse_code(code), True
    async with ports.begin() as tx:
        found = (await tx.registrations.get_by_ticket(ticket_hash(ticket), now=now)).require_id(registration_id).open()
        if found.email_verified_at is None:
            if not found.takes_codes(now):
                raise ProofGone
            right = hmac.compare_digest(_code_hash(ports, found, typed), found.email_code_hash or b"")
            tried = {"email_code_tries": found.email_code_tries + 1}
            confirmed = {"email_verified_at": now, "email_code_hash": None, "email_code_until": None}
            await tx.registrations.change(found.id, confirmed if right else tried)
    if not right:  # after the commit, so that the attempt counts
        raise refuse_code()
    return await get_registration(ports, ticket=ticket, now=now)


async def _mail_code(
    ports: Ports, tx: Transaction, found: Registration, address: EmailAddress, *, now: datetime
) -> None:
    known = await find_known_holder(ports, tx, address, MailKind.REGISTRATION_CODE, but_for=None, now=now)
    code, until = ports.new_code(), now + timedelta(seconds=ports.limits.email_code_seconds)
    values = {
        "email_code_hash": _code_hash(ports, found, code), "email_code_until": until, "email_code_tries": 0,
        "expires_at": expiry(now, found.created_at, ports.limits),
    }  # fmt: skip
    await tx.registrations.change(found.id, values)
    if known is not None:  # the stored code was sent to nobody
        await put_mail(ports, tx, MailKind.EMAIL_KNOWN, known.envelope, now=now, nickname=known.nickname)
        return
    envelope = Envelope(address, found.locale or LANGUAGES[0], None, until)
    await put_mail(ports, tx, MailKind.REGISTRATION_CODE, envelope, now=now, nickname=found.nickname or "", code=code)


def _code_hash(ports: Ports, found: Registration, code: str) -> bytes:
    """Return the keyed hash of a code: a plain hash of few digits could be reversed by anyone who reads the table."""
    return ports.keys.mac("registration code", f"{found.id}|{found.email_key}|{code}".encode())
