"""The HTTP application: JSON API and, from the composition root, the pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler, Scope

from efir.application.context import Call, Ports
from efir.drivers.http import (
    access_tokens,
    accounts,
    api_tokens,
    audio,
    audio_sending,
    channels,
    clues,
    emails,
    exports,
    health,
    identities,
    impersonation,
    jobs,
    lost_factors,
    media,
    oidc,
    openapi,
    passkeys,
    passwords,
    pictures,
    questions,
    registrations,
    roles,
    second_factors,
    sessions,
    uploads,
    users,
    videos,
)
from efir.drivers.http.access import Access
from efir.drivers.http.answers import Answer
from efir.drivers.http.idempotency import Idempotency
from efir.drivers.http.problems import HANDLERS as PROBLEM_HANDLERS
from efir.drivers.http.security import Security, call_of, check_statements

API = (
    users, registrations, pictures, sessions, second_factors, passkeys, oidc, identities, access_tokens, api_tokens,
    emails, passwords, exports, roles, accounts, impersonation, lost_factors, channels, uploads, videos, media,
    questions, clues, audio, audio_sending, jobs, health, openapi,
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
        middleware=[Security(ports, trusted=trusted_proxies), Idempotency(most=ports.limits.idempotency_most)],
        exception_handlers={**exception_handlers},
        openapi_config=openapi.configuration(version),
        request_max_body_size=ports.limits.json_bytes,
        lifespan=list(lifespan),
        state=State({"accel": accel}),
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
