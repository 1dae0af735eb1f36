"""The HTTP application: JSON API and, from the composition root, the pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler, Scope

from efir.application.context import Call, Ports
from efir.drivers._asgi.request_log import Access
from efir.drivers._asgi.route_options import check_statements
from efir.drivers._asgi.security import Security, call_of
from efir.drivers.http import channels, jobs, pictures
from efir.drivers.http.access import roles
from efir.drivers.http.accounts import accounts, administration, email_verification, exports, passwords, registrations
from efir.drivers.http.audio import editing, records, sending
from efir.drivers.http.audio.records_openapi import FORMS
from efir.drivers.http.auth import (
    access_tokens,
    api_tokens,
    identities,
    impersonation,
    mfa_recovery,
    oidc,
    passkeys,
    second_factors,
    sessions,
)
from efir.drivers.http.kernel import openapi
from efir.drivers.http.kernel.idempotency import Idempotency
from efir.drivers.http.kernel.picture_bodies import PICTURE_FORM
from efir.drivers.http.kernel.problems import HANDLERS as PROBLEM_HANDLERS
from efir.drivers.http.kernel.responses import Answer
from efir.drivers.http.operations import health
from efir.drivers.http.quiz import clues, questions
from efir.drivers.http.uploads import uploads
from efir.drivers.http.videos import media_files, videos

API = (
    accounts, registrations, pictures, sessions, second_factors, passkeys, oidc, identities, access_tokens, api_tokens,
    email_verification, passwords, exports, roles, administration, impersonation, mfa_recovery, channels, uploads,
    videos, media_files, questions, clues, records, sending, editing, jobs, health, openapi,
)  # fmt: skip
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
    handlers = [handler for module in API for handler in module.HANDLERS]
    app = Litestar(
        [*handlers, *pages],
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
    headers = HEADERS
    if ports.origin.startswith("https:"):
        headers = {**HEADERS, "strict-transport-security": "max-age=31536000"}
    return app, Access(app, headers=headers)


def _call(scope: Scope) -> Call:
    return call_of(scope)
