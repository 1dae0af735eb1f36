"""Route options other than the requirement, and the check at start-up that every route declares a requirement."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from litestar import Litestar, Response
from litestar.types import Scope

from efir.application.access.requirements import PUBLIC, is_stated

PARAMETER_TYPE = re.compile(r":\w+\}")
OPTIONS_MAKER = "litestar.routes.http"  # its handler responds to OPTIONS with the methods of a path

ANONYMOUS = PUBLIC | {"anonymous": True}
"""Route option: the caller is not looked up; for public files, and for credentials inside the request itself."""

KEEPS_IDLE = {"keeps_idle": True}
"""Route option: the request does not count as use of the login session."""

FORM = {"form": True}
"""Route option: the page verifies the CSRF token in its form itself."""

ENTRANCE = {"entrance": True}
"""Route option: it signs a browser in, so there is no CSRF token yet; requests from other sites are refused."""


class RequirementMissing(Exception):
    """A handler declares no requirement, so the application cannot start."""

    def __init__(self, handler: str) -> None:
        super().__init__(f"{handler} does not state what it needs: PUBLIC, SIGNED_IN or requires(...) in its `opt`")


def check_statements(app: Litestar) -> None:
    """Raises RequirementMissing for any handler that declares no requirement, the framework's included."""
    for path, handler in handlers_of(app):
        if handler.fn.__module__ != OPTIONS_MAKER and not is_stated(handler.opt):
            raise RequirementMissing(f"{handler} at {path}")


def open_options(app: Litestar) -> None:
    """Allow OPTIONS for everyone, and list all methods of a path.

    The framework's own response would have the requirement of the handler's class, and lists the methods of one handler
    only (Litestar's issue 4169).
    """
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.fn.__module__ == OPTIONS_MAKER:
                handler.opt = {**ANONYMOUS}
                handler._fn = _tell_methods(route.methods)  # noqa: SLF001  # there is no other way to replace its response


def _tell_methods(methods: Iterable[str]) -> Callable[[Scope], Response[None]]:
    allowed = ", ".join(sorted(methods))

    def tell(scope: Scope) -> Response[None]:  # noqa: ARG001  # the signature that the framework calls
        return Response(None, status_code=204, headers={"allow": allowed}, media_type="text/plain")

    return tell


def options_of(app: Litestar) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the options of every route by path and method, both as in the OpenAPI document."""
    return {
        (PARAMETER_TYPE.sub("}", path), method.lower()): handler.opt
        for path, handler in handlers_of(app)
        for method in getattr(handler, "http_methods", ())
    }


def handlers_of(app: Litestar) -> Iterator[tuple[str, Any]]:
    """Yield every handler with its path."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()) or (getattr(route, "route_handler", None),):
            if handler is not None:
                yield route.path, handler
