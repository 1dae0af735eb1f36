"""The ticket of an unfinished registration: in a header, or in a cookie that only our own pages can use."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from efir.application.access.requirements import SAFE
from efir.application.context import Call
from efir.domain.accounts.registrations import TicketMissing
from efir.domain.auth.sessions import CsrfFailed
from efir.drivers.http.kernel.security import cookie_value

HEADER = "x-registration-ticket"


def ticket_cookie(call: Call, ticket: str, *, max_age: int | None = None) -> Cookie:
    """The cookie of an unfinished registration; an age of 0 removes it."""
    origin = call.ports.origin
    return Cookie(
        key=ticket_name(origin), value=ticket, path="/", httponly=True, samesite="lax",
        secure=origin.startswith("https:"),
        max_age=call.ports.limits.registration_life_seconds if max_age is None else max_age,
    )  # fmt: skip


def ticket_name(origin: str) -> str:
    """Name of the ticket's cookie; the prefix makes browsers refuse one set by a sibling domain."""
    return "__Host-reg" if origin.startswith("https:") else "reg"


def known_ticket(headers: Mapping[str, str], origin: str) -> str:
    """Read a ticket, wherever it is; empty without one."""
    found = {"cookie": headers["cookie"]} if "cookie" in headers else {}
    return headers.get(HEADER) or cookie_value(found, ticket_name(origin)) or ""


def ticket_of(method: str, headers: Mapping[str, str], origin: str) -> str:
    """Read the ticket. Raises TicketMissing, and CsrfFailed for a cookie that came with another site's request."""
    ticket = known_ticket(headers, origin)
    if not ticket:
        raise TicketMissing
    if HEADER in headers or method in SAFE:
        return ticket
    own = {urlsplit(origin).netloc, headers.get("host")}
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise CsrfFailed
    if "origin" in headers and urlsplit(headers["origin"]).netloc not in own:
        raise CsrfFailed
    return ticket
