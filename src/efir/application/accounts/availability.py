"""Availability checks of nicknames and addresses during registration; advisory, because the unique index decides."""

from datetime import datetime

from efir.application.accounts.registration_rates import address_rates
from efir.application.accounts.registrations import hold_name, ticket_hash
from efir.application.context import Ports, Visitor
from efir.domain.accounts.registrations import EmailCheck, Registration
from efir.domain.users import InvalidUser, NicknameTaken, parse_nickname
from efir.ports.accounts.registrations import Availability


async def check_nickname(ports: Ports, *, ticket: str, nickname: str, now: datetime) -> Availability:
    """Return whether a nickname is available, and reserve it for the caller. Raises RegistrationNotFound."""
    try:
        name = parse_nickname(nickname)
    except InvalidUser as error:
        return Availability(available=False, reason=error.errors[0].code)
    async with ports.begin() as tx:
        found = (await tx.registrations.get_by_ticket(ticket_hash(ticket), now=now)).open()
        try:
            await hold_name(ports, tx, found, name, now=now)
        except NicknameTaken:
            return Availability(available=False, reason="taken")
    return Availability(available=True)


async def check_email(ports: Ports, *, ticket: str, email: str, visitor: Visitor, now: datetime) -> Availability:
    """Return whether an address is valid and, a few times after a proof of work, that no account has confirmed it.

    Beyond these limits the reason is `by-mail`: only a mail to the address reveals more. Known and unknown addresses
    take the same path through the code. Raises RegistrationNotFound.
    """
    try:
        address = ports.accounts.addresses.parse(email)
    except InvalidUser as error:
        return Availability(available=False, reason=error.errors[0].code)
    async with ports.read() as views:
        found = (await views.registrations.get_by_ticket(ticket_hash(ticket), now=now)).open()
        taken = await views.registrations.is_address_taken(address.key)
    if not await _can_afford(ports, found, visitor):
        return Availability(available=True, reason="by-mail")
    return Availability(available=not taken, reason="taken" if taken else None)


async def _can_afford(ports: Ports, found: Registration, visitor: Visitor) -> bool:
    """Return whether another email check is within the limits of the ticket, the subnet and the service."""
    most = ports.limits.email_checks
    if ports.accounts.email_check is not EmailCheck.BUDGETED or not found.worked or found.email_checks >= most:
        return False
    if not (await ports.rates.take(list(address_rates(ports, visitor=visitor)))).allowed:
        return False
    async with ports.single() as tx:
        return await tx.registrations.count_check(found.id, limit=most)
