"""Errors as pages: for people who open an address in a browser; programs keep getting problem documents."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from efir.application.context import Call
from efir.domain.access.permissions import OnlyLooking, PermissionMissing
from efir.domain.auth.sessions import StepUpNeeded
from efir.domain.kernel.errors import DomainError, Unauthenticated
from efir.drivers.web.kernel.page import Page, Shared
from efir.ports.kernel.correlation import correlation

Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]
PROGRAMS = ("/api/", "/media/", "/i/", "/static/", "/openapi", "/swagger", "/healthz", "/readyz", "/metrics",
            "/.well-known/", "/record", "/user", "/music-add")  # fmt: skip
log = structlog.get_logger("efir.web")


def handlers(shared: Shared, problems: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """Put a page in front of each problem handler for requests of browsers."""

    def wrap(problem: Handler) -> Handler:
        def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
            return error_page(request, shared, error) if wants_page(request) else problem(request, error)

        return answer

    return {kind: wrap(problem) for kind, problem in problems.items()}


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a request comes from a browser that wants a page."""
    accepted = request.headers.get("accept", "")
    return not request.url.path.startswith(PROGRAMS) and "text/html" in accepted


def error_page(request: Request[Any, Any, Any], shared: Shared, error: Exception) -> Response[Any]:
    """Say in words what went wrong and what to do; who is not signed in is asked to do so."""
    call: Call | None = request.scope.get("state", {}).get("call")
    page = Page(request, shared, call)
    if isinstance(error, StepUpNeeded):
        place = page.here if request.method in {"GET", "HEAD"} else _form_of(request.url.path)
        return page.redirect(f"/login?{urlencode({'again': 'true', 'back': place})}")
    if isinstance(error, Unauthenticated):
        back = {"back": page.here} if request.method in {"GET", "HEAD"} else {}
        return page.redirect("/login" + (f"?{urlencode(back)}" if back else ""))
    if isinstance(error, OnlyLooking):
        return page.render(
            "error.html", status=HTTPStatus.FORBIDDEN, heading=page.words.gettext("You are only looking"),
            text=page.words.gettext("In somebody else's place nothing is changed. Be yourself again first."),
            request_id=correlation.get(), retry=False,
        )  # fmt: skip
    if isinstance(error, PermissionMissing):
        return page.render(
            "error.html", status=HTTPStatus.FORBIDDEN, heading=page.words.gettext("This is for others"),
            text=page.words.gettext("Your account has no role that allows this. Ask an administrator."),
            request_id=correlation.get(), retry=False,
        )  # fmt: skip
    status = _status(shared, error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, DomainError):
        log.error("bug", exc_info=error)
    heading, text = _words(page.words.gettext, status)
    return page.render(
        "error.html", status=status, heading=heading, text=text, request_id=correlation.get(),
        retry=status >= HTTPStatus.TOO_MANY_REQUESTS and request.method == "GET",
    )  # fmt: skip


def _form_of(path: str) -> str:
    """The page that a form stands on: the first two parts of its address in the settings, of an account three."""
    return "/".join(path.split("/")[: 4 if path.startswith("/admin/users/") else 3])


def _status(shared: Shared, error: Exception) -> int:
    if isinstance(error, DomainError):
        return shared.status_of(type(error))
    if isinstance(error, ValidationException):  # an address or query that no page of ours has
        return HTTPStatus.NOT_FOUND
    return error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR


def _words(_: Callable[[str], str], status: int) -> tuple[str, str]:
    known = {
        400: (_("This cannot be read"), _("The address or the form is damaged. Go back and try again.")),
        403: (
            _("This is not allowed"),
            _("The page may have been open for too long. Go back, reload it and try again."),
        ),
        404: (
            _("There is nothing at this address"),
            _("It may be mistyped, or the video was deleted or made private."),
        ),
        405: (_("This does not work like that"), _("Go back and use the buttons of the page.")),
        413: (_("This is too much"), _("The form is larger than the server takes.")),
        429: (_("Too many requests"), _("Wait a little and try again.")),
        503: (_("A part of the service is unavailable"), _("It usually comes back within a minute.")),
    }
    broken = (_("Something is broken on our side"), _("The fault has been noted. Try again in a moment."))
    return known.get(status, broken if status >= HTTPStatus.INTERNAL_SERVER_ERROR else known[400])
