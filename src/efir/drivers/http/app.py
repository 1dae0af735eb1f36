"""The HTTP application: JSON API and, from the composition root, the pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler, Scope

from efir.application.context import Call, Ports
from efir.drivers._asgi.request_log import Access
from efir.drivers._asgi.route_options import check_statements, open_options
from efir.drivers._asgi.security import Security, call_of
from efir.drivers.http import channels, jobs, pictures
from efir.drivers.http.access import controllers as access
from efir.drivers.http.accounts import controllers as accounts
from efir.drivers.http.audio import controllers as audio
from efir.drivers.http.audio.records_openapi import FORMS
from efir.drivers.http.auth import controllers as auth
from efir.drivers.http.kernel import openapi
from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.kernel.idempotency import Idempotency
from efir.drivers.http.kernel.picture_bodies import PICTURE_FORM
from efir.drivers.http.kernel.problems import HANDLERS as PROBLEM_HANDLERS
from efir.drivers.http.kernel.responses import Answer
from efir.drivers.http.operations import controllers as operations
from efir.drivers.http.quiz import controllers as quiz
from efir.drivers.http.uploads import controllers as uploads
from efir.drivers.http.videos import controllers as videos

# In one router: classes of one address are joined there only. A class that answers OPTIONS itself comes first.
CONTROLLERS: Controllers = (
    *accounts.HANDLERS,
    *pictures.HANDLERS,
    *auth.HANDLERS,
    *access.HANDLERS,
    *channels.HANDLERS,
    *uploads.HANDLERS,
    *videos.HANDLERS,
    *quiz.HANDLERS,
    *audio.HANDLERS,
    *jobs.HANDLERS,
    *operations.HANDLERS,
    *openapi.HANDLERS,
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def create_app(
    ports: Ports,
    *,
    version: str,
    trusted_proxies: str = "",
    accel: str = "",
    pages: Sequence[ControllerRouterHandler] = (),
    exception_handlers: Mapping[Any, Any] = PROBLEM_HANDLERS,
    lifespan: Sequence[Any] = (),
) -> tuple[Litestar, Access]:
    """Build the Litestar application, and the wrapper around it that servers run."""
    app = Litestar(
        [Router("/", route_handlers=CONTROLLERS), *pages],
        dependencies={"call": Provide(_call, sync_to_thread=False)},
        response_class=Answer,
        middleware=[Security(ports, trusted=trusted_proxies), Idempotency(most=ports.limits.max_idempotent_requests)],
        exception_handlers={**exception_handlers},
        openapi_config=openapi.configuration(version),
        request_max_body_size=ports.limits.json_bytes,
        lifespan=list(lifespan),
        state=State({"accel": accel, "openapi_forms": FORMS | {"PictureForm": PICTURE_FORM.to_schema()}}),
        debug=False,
        pdb_on_exception=False,
    )
    check_statements(app)
    open_options(app)
    headers = HEADERS
    if ports.origin.startswith("https:"):
        headers = {**HEADERS, "strict-transport-security": "max-age=31536000"}
    return app, Access(app, headers=headers)


def _call(scope: Scope) -> Call:
    return call_of(scope)
