"""The pages as Litestar handlers, ready to be put into the application by the composition root."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Router
from litestar.datastructures import Cookie
from litestar.di import Provide

from efir.domain.errors import DomainError
from efir.drivers.web import (
    accounts,
    admin,
    api_tokens,
    audio,
    avatars,
    credentials,
    deletion,
    devices,
    discover,
    email_codes,
    emails,
    errors,
    exports,
    identities,
    impersonation,
    lost_factors,
    mailbox,
    passkeys,
    passwords,
    people,
    preferences,
    profiles,
    quiz,
    registrations,
    second_factors,
    signing_in,
    studio,
    upload,
    watch,
)
from efir.drivers.web.assets import Assets
from efir.drivers.web.files import static_files
from efir.drivers.web.page import Page, Shared
from efir.drivers.web.templates import HERE, Templates

AREAS = (
    discover,
    people,
    accounts,
    registrations,
    email_codes,
    signing_in,
    emails,
    passwords,
    mailbox,
    profiles,
    avatars,
    credentials,
    second_factors,
    passkeys,
    identities,
    devices,
    api_tokens,
    exports,
    deletion,
    admin,
    impersonation,
    lost_factors,
    preferences,
    upload,
    studio,
    watch,
    quiz,
    audio,
)


@dataclass(frozen=True)
class Pages:
    """Everything the application takes from here: routes, and error handlers that answer browsers with pages."""

    routes: list[Any]
    exception_handlers: dict[Any, Any]


def create_pages(
    *,
    status_of: Callable[[type[DomainError]], int],
    session_cookie: Callable[..., Cookie],
    ticket_cookie: Callable[..., Cookie],
    problems: Mapping[Any, Any],
    beside: Sequence[Any] = (),
) -> Pages:
    """Read files and texts once and build the handlers.

    `status_of` and the two cookies are those of the JSON driver, `problems` its exception handlers, `beside` its
    operations at the address of a page.
    """
    assets = Assets(HERE / "static")
    shared = Shared(Templates(assets), status_of, session_cookie, ticket_cookie)

    def page_of(request: Request[Any, Any, Any]) -> Page:
        return Page(request, shared, request.scope["state"]["call"])

    router = Router(
        "/",
        route_handlers=[*beside, *(handler for area in AREAS for handler in area.HANDLERS)],
        dependencies={"page": Provide(page_of, sync_to_thread=False)},
    )
    return Pages(routes=[router, static_files(assets)], exception_handlers=errors.handlers(shared, problems))
