"""Sign-up through an identity provider: the registration starts with the claims of the provider filled in."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from efir.application.accounts.registration_rates import draft_rates
from efir.application.accounts.registrations import hold_name, ticket_hash
from efir.application.context import Ports, Visitor
from efir.application.kernel.rate_limits import enforce_limits
from efir.domain.accounts.registrations import Registration, RegistrationId, expiry
from efir.domain.users import InvalidUser, NicknameTaken, parse_display_name, parse_nickname
from efir.ports.auth.oidc import Claims
from efir.ports.transactions import Transaction


async def begin_federated_signup(
    ports: Ports, *, provider: str, claims: Claims, earlier: str, visitor: Visitor, now: datetime
) -> str:
    """Open a registration for an identity at a provider; return its ticket.

    A user who returns continues under a new ticket, because the provider has just authenticated them. A registration
    that this browser started without the provider (`earlier` is its ticket) ends and releases its nickname, so that a
    ticket known to anyone else is never joined to an identity. An address counts as unconfirmed whatever the provider
    claims.
    Raises Throttled.
    """
    await enforce_limits(ports, *draft_rates(ports, visitor=visitor))
    ticket, session = ports.new_secret(), claims.session
    async with ports.begin() as tx:
        found = await tx.registrations.find_by_identity(session.issuer, claims.sub, now=now)
        if found is None or found.ticket_hash != ticket_hash(earlier):
            await tx.registrations.drop(ticket_hash(earlier))
        if found is None:
            found = await _begin(ports, tx, provider=provider, claims=claims, now=now)
        values = {
            "ticket_hash": ticket_hash(ticket), "provider": provider, "shown": claims.shown, "idp_sid": session.sid,
            "idp_hint": session.hint, "idp_auth_time": session.auth_time,
            "expires_at": expiry(now, found.created_at, ports.limits),
        }  # fmt: skip
        await tx.registrations.change(found.id, values)
    return ticket


async def _begin(ports: Ports, tx: Transaction, *, provider: str, claims: Claims, now: datetime) -> Registration:
    registration = Registration(
        id=RegistrationId(ports.new_id()), ticket_hash=ports.new_secret().encode(), created_at=now,
        expires_at=expiry(now, now, ports.limits), issuer=claims.session.issuer, sub=claims.sub, provider=provider,
    )  # fmt: skip
    await tx.registrations.add(registration)
    values = _read_claims(ports, claims)
    if "nickname" in values:
        try:
            await hold_name(ports, tx, registration, values["nickname"], now=now)
        except NicknameTaken:
            del values["nickname"]
    if values:
        await tx.registrations.change(registration.id, values)
    return registration


def _read_claims(ports: Ports, claims: Claims) -> dict[str, Any]:
    """Return the claims of the provider that an account can use; the user enters the rest."""
    values = dict[str, Any]()
    for told in (claims.nickname, claims.email.partition("@")[0], claims.name):
        with suppress(InvalidUser):
            values["nickname"] = parse_nickname(told.replace(" ", "."))
            break
    with suppress(InvalidUser):
        values["display_name"] = parse_display_name(claims.name)
    with suppress(InvalidUser):
        address = ports.accounts.addresses.parse(claims.email)
        values |= {"email": address.shown, "email_key": address.key}
    return values
