"""What a route states beside its requirement, and the check at start that each of them states one."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from litestar import Litestar, Response
from litestar.types import Scope

from efir.application.access.requirements import PUBLIC, is_stated

PARAMETER_TYPE = re.compile(r":\w+\}")
OPTIONS_MAKER = "litestar.routes.http"  # answers OPTIONS with the methods of an address; no handler of ours

ANONYMOUS = PUBLIC | {"anonymous": True}
"""Route option: nobody is looked up, for files everybody may have, and for proofs that the request itself carries."""

KEEPS_IDLE = {"keeps_idle": True}
"""Route option: the request does not count as use of the login session."""

FORM = {"form": True}
"""Route option: the page checks the token in its form itself."""

ENTRANCE = {"entrance": True}
"""Route option: it signs a browser in, so nobody has a token yet; a page of another site must not do it for them."""


class RequirementMissing(Exception):
    """A handler declares no requirement, so the application cannot start."""

    def __init__(self, handler: str) -> None:
        super().__init__(f"{handler} does not state what it needs: PUBLIC, SIGNED_IN or requires(...) in its `opt`")


def check_statements(app: Litestar) -> None:
    """Raises RequirementMissing for a handler, wherever it comes from, that declares no requirement."""
    for path, handler in handlers_of(app):
        if handler.fn.__module__ != OPTIONS_MAKER and not is_stated(handler.opt):
            raise RequirementMissing(f"{handler} at {path}")


def open_options(app: Litestar) -> None:
    """Allow OPTIONS for everybody, and list all methods of an address.

    The framework's own answer would need what the class of a handler needs, and knows the methods of one handler only
    (Litestar's issue 4169).
    """
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if handler.fn.__module__ == OPTIONS_MAKER:
                handler.opt = {**ANONYMOUS}
                handler._fn = _tell_methods(route.methods)  # noqa: SLF001  # there is no other way to its answer


def _tell_methods(methods: Iterable[str]) -> Callable[[Scope], Response[None]]:
    allowed = ", ".join(sorted(methods))

    def tell(scope: Scope) -> Response[None]:  # noqa: ARG001  # as the framework calls it
        return Response(None, status_code=204, headers={"allow": allowed}, media_type="text/plain")

    return tell


def options_of(app: Litestar) -> dict[tuple[str, str], dict[str, Any]]:
    """The options of every route by address and method, both as the OpenAPI document writes them."""
    return {
        (PARAMETER_TYPE.sub("}", path), method.lower()): handler.opt
        for path, handler in handlers_of(app)
        for method in getattr(handler, "http_methods", ())
    }


def handlers_of(app: Litestar) -> Iterator[tuple[str, Any]]:
    """Every handler with its address."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()) or (getattr(route, "route_handler", None),):
            if handler is not None:
                yield route.path, handler
