"""The ticket of an unfinished registration: in a header, or in a cookie that only Efir's own pages can use."""

from collections.abc import Mapping

from efir.application.access.requirements import SAFE
from efir.domain.accounts.registrations import TicketMissing
from efir.drivers._asgi.cookies import TICKET, cookie_name, cookie_value
from efir.drivers._asgi.same_origin import require_same_origin

HEADER = "x-registration-ticket"


def known_ticket(headers: Mapping[str, str], origin: str) -> str:
    """Return the ticket of a request, from header or cookie; empty without one."""
    return headers.get(HEADER) or cookie_value(headers, cookie_name(TICKET, origin=origin)) or ""


def ticket_of(method: str, headers: Mapping[str, str], origin: str) -> str:
    """Return the ticket of a request.

    Raises TicketMissing, and CsrfFailed for a cookie in a request from another site.
    """
    ticket = known_ticket(headers, origin)
    if not ticket:
        raise TicketMissing
    if HEADER not in headers and method not in SAFE:
        require_same_origin(headers, origin=origin)
    return ticket
