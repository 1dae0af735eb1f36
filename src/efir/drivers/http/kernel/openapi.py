"""The OpenAPI document and the page that shows it; nothing comes from another host."""

from typing import Any

from litestar import Controller, Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, SecurityScheme

from efir.drivers._asgi.route_options import ANONYMOUS, options_of
from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.kernel.openapi_finish import tidy_schema

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Efir API</title>
<link rel="icon" href="/static/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/vendor/swagger-ui/swagger-ui.css">
</head>
<body>
<main id="swagger-ui" data-document="/openapi.json"><noscript>The document is at /openapi.json.</noscript></main>
<script src="/static/vendor/swagger-ui/swagger-ui-bundle.js"></script>
<script src="/static/js/kernel/swagger.js"></script>
</body>
</html>
"""
# Swagger UI writes style attributes and inlines pictures; no other page may.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def configuration(version: str) -> OpenAPIConfig:
    """How the document is made."""
    return OpenAPIConfig(
        title="Efir",
        version=version,
        summary="One self-hosted media service",
        license=License(name="MIT", identifier="MIT"),
        description="Errors are `application/problem+json` (RFC 9457). Lists are keyset pages with signed cursors.",
        use_handler_docstrings=True,
        openapi_router=Router("/openapi", route_handlers=[], opt=ANONYMOUS, include_in_schema=False),
        render_plugins=[JsonRenderPlugin(path="/document.json")],
        components=Components(
            security_schemes={
                "session": SecurityScheme(
                    type="apiKey", name="sid", security_scheme_in="cookie",
                    description="Login session; unsafe requests also send `X-CSRF-Token`.",
                ),
                "token": SecurityScheme(type="http", scheme="bearer", description="API token."),
            }
        ),
    )  # fmt: skip


class DocumentController(Controller):
    """The document and the page that shows it."""

    opt = ANONYMOUS
    include_in_schema = False

    @get("/openapi.json")
    async def openapi_json(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Serve the document."""
        state = request.app.state
        if "openapi_document" not in state:
            state["openapi_document"] = tidy_schema(
                request.app.openapi_schema.to_schema(), options_of(request.app), forms=state["openapi_forms"]
            )
        return Response(state["openapi_document"], media_type="application/json", headers={"cache-control": "no-cache"})

    @get(["/swagger", "/swagger-ui"])
    async def swagger(self) -> Response[str]:
        """Serve the page that shows the document."""
        return Response(PAGE, media_type="text/html", headers={"content-security-policy": POLICY})


HANDLERS: Controllers = (DocumentController,)
