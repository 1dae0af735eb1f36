"""Going on, after signing in or up, with the page somebody wanted before."""

from typing import Any

from litestar import Request

from efir.domain.auth.redirects import local_path

MAIN = "/"
ENTRANCES = ("/login", "/register", "/forgot", "/reset", "/restore", "/confirm")  # pages on the way in are no goal


def find_destination(request: Request[Any, Any, Any], *, here: str) -> str:
    """Where somebody who signs in or up from this page wants to go: what it was told, or the page itself."""
    told = request.query_params.get("back")
    if told is not None:
        return local_path(told)
    path = request.url.path
    if any(path == entrance or path.startswith(f"{entrance}/") for entrance in ENTRANCES):
        return MAIN
    return local_path(path if "notice" in request.query_params else here)


def add_notice(address: str, notice: str) -> str:
    """The address of a page that is to show a short notice."""
    return f"{address}{'&' if '?' in address else '?'}notice={notice}"
