"""Lists over HTTP: `limit` and `cursor`, the page in the body, its neighbours in `Link`."""

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request
from litestar.params import QueryParameter

from efir.drivers.http.kernel.responses import Answer
from efir.ports.kernel.pagination import Page, T

LimitQuery = Annotated[int | None, QueryParameter(ge=1, le=100, description="At most this many items; 20 when absent.")]
CursorQuery = Annotated[str | None, QueryParameter(description="`next` or `prev` of a page of the same list.")]


def paginate(request: Request[Any, Any, Any], page: Page[T]) -> Answer[Page[T]]:
    """Return a page with a `Link` header (RFC 8288) to its neighbours."""
    if page.next is None and page.prev is None:
        return Answer(page)
    asked = request.query_params.multi_items() if request.scope["query_string"] else ()
    kept = [(name, value) for name, value in asked if name != "cursor"]
    links = [
        f'<{request.scope["path"]}?{urlencode([*kept, ("cursor", cursor)])}>; rel="{rel}"'
        for rel, cursor in (("next", page.next), ("prev", page.prev))
        if cursor is not None
    ]
    return Answer(page, headers={"link": ", ".join(links)})
