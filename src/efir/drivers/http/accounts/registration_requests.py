"""What requests of a registration share: their addresses, their refusals, the ticket they carry."""

from efir.application.context import Call
from efir.domain.accounts.registrations import RegistrationFinished, RegistrationNotFound, TicketMissing
from efir.domain.auth.sessions import CsrfFailed
from efir.drivers._asgi.registration_ticket import ticket_of
from efir.drivers.http.kernel.picture_bodies import Asked

PATH = "/api/v1/registrations"
ONE = "/{registration_id:uuid}"
NO_STORE = {"cache-control": "no-store"}
KNOWN = (TicketMissing, RegistrationNotFound)
OPEN = (*KNOWN, RegistrationFinished, CsrfFailed)


def require_ticket(request: Asked, call: Call) -> str:
    """Read the ticket of a request. Raises TicketMissing, CsrfFailed."""
    return ticket_of(request.method, request.headers, call.ports.origin)
