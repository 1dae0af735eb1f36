"""The pages as Litestar controllers, ready to be put into the application by the composition root."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from efir.domain.kernel.errors import DomainError
from efir.drivers.web import mail, quiz, uploads, users
from efir.drivers.web.access import pages as access
from efir.drivers.web.accounts import pages as accounts
from efir.drivers.web.audio import pages as audio
from efir.drivers.web.auth import pages as auth
from efir.drivers.web.kernel import error_pages, preferences
from efir.drivers.web.kernel.assets import Assets
from efir.drivers.web.kernel.files import static_files
from efir.drivers.web.kernel.page import Page, Shared
from efir.drivers.web.kernel.templates import HERE, Templates
from efir.drivers.web.videos import pages as videos

PAGES = (
    *preferences.PAGES,
    *mail.PAGES,
    *access.PAGES,
    *users.PAGES,
    *auth.PAGES,
    *uploads.PAGES,
    *videos.PAGES,
    *audio.PAGES,
    *quiz.PAGES,
    *accounts.PAGES,
)


@dataclass(frozen=True)
class Pages:
    """Everything the application takes from here: routes, and error handlers that answer browsers with pages."""

    routes: list[Any]
    exception_handlers: dict[Any, Any]


def create_pages(
    *,
    status_of: Callable[[type[DomainError]], int],
    problems: Mapping[Any, Any],
    beside: Sequence[Any] = (),
) -> Pages:
    """Read files and texts once and build the handlers.

    `status_of` is that of the JSON driver, `problems` its exception handlers, `beside` its operations at the address
    of a page.
    """
    assets = Assets(HERE / "static")
    shared = Shared(Templates(assets), status_of)

    def page_of(request: Request[Any, Any, Any]) -> Page:
        return Page(request, shared, request.scope["state"]["call"])

    router = Router(
        "/",
        route_handlers=[*beside, Router("/", route_handlers=PAGES, include_in_schema=False)],
        dependencies={"page": Provide(page_of, sync_to_thread=False)},
    )
    return Pages(routes=[router, static_files(assets)], exception_handlers=error_pages.handlers(shared, problems))
