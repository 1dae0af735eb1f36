"""Static files over HTTP."""

from typing import Any

from litestar import Request, Response, route
from litestar.enums import HttpMethod
from litestar.exceptions import NotFoundException

from efir.application.access.requirements import PUBLIC
from efir.drivers.web.kernel.assets import Assets, serve


def static_files(assets: Assets) -> Any:
    """Make the handler of everything below `/static/`."""

    @route(
        "/static/{path:path}",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        include_in_schema=False,
        opt=PUBLIC | {"anonymous": True},
        name="static",
    )
    async def static(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Serve a file by its hashed or its plain name."""
        found = assets.find(request.path_params["path"].lstrip("/"))
        if found is None:
            raise NotFoundException
        status, headers, body = serve(found[0], hashed=found[1], headers=request.headers)
        return Response(body, status_code=status, headers=headers, media_type=headers.get("content-type"))

    return static
