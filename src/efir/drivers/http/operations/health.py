"""Whether the process lives, and whether what it needs answers."""

from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from efir.application.context import Call
from efir.drivers._asgi.route_options import ANONYMOUS


class Alive(Struct, frozen=True):
    """The process lives."""

    status: Annotated[str, Meta(description="Always `ok`.", examples=["ok"])]


class Part(Struct, frozen=True):
    """A dependency."""

    state: Annotated[str, Meta(description="ok, degraded or down.", examples=["ok"])]
    reason: Annotated[str, Meta(description="Reason, when it is not ok.")]


class Readiness(Struct, frozen=True):
    """Every dependency with its state; `down` only when the service cannot work without it."""

    status: Annotated[str, Meta(description="ok, degraded or down.", examples=["ok"])]
    parts: Annotated[dict[str, Part], Meta(description="By name: database, redis, storage, sandbox.")]


class HealthController(Controller):
    """The state of the service."""

    tags = ("Service",)
    opt = ANONYMOUS

    @get("/healthz", operation_id="getHealth")
    async def health(self) -> Alive:
        """Return that the process is alive."""
        return Alive("ok")

    @get("/readyz", operation_id="getReadiness")
    async def readiness(self, call: NamedDependency[Call]) -> Response[Readiness]:
        """Return whether each dependency answers; 503 when one that is needed does not."""
        parts = {name: Part(state, reason) for name, (state, reason) in (await call.ports.health()).items()}
        states = {part.state for part in parts.values()}
        status = "down" if "down" in states else "degraded" if "degraded" in states else "ok"
        return Response(
            Readiness(status, parts),
            status_code=503 if status == "down" else 200,
            headers={"cache-control": "no-store"},
        )
