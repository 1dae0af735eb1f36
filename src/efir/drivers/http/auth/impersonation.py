"""Seeing the service as somebody else, over HTTP: taking their place, and giving it back."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from efir.application.access.requirements import HARMLESS, SIGNED_IN, requires
from efir.application.auth.impersonation import Impersonation, end_impersonation, impersonate
from efir.application.context import Call
from efir.domain.access.permissions import OnlyLooking, Permission
from efir.domain.access.roles import WiderThanOwn
from efir.domain.auth.impersonation import CannotImpersonate, InvalidReason, NotImpersonating
from efir.domain.auth.sessions import CsrfFailed, NoSession, StepUpNeeded
from efir.domain.kernel.errors import Forbidden
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserNotFound
from efir.drivers._asgi.cookies import place_cookie
from efir.drivers.http.kernel.problems import DENIED, raises


class WithReason(Struct, forbid_unknown_fields=True):
    """An act upon somebody's account."""

    reason: Annotated[str, Meta(description="Reason; kept in the audit log.", examples=["Ticket 4711."])]


class ImpersonationController(Controller):
    """Taking somebody's place."""

    path = "/api/v1/users/{user_id:uuid}/impersonate"
    tags = ("Administration",)
    opt = requires(Permission.USERS_IMPERSONATE)

    @post(
        operation_id="impersonateUser",
        status_code=200,
        responses=raises(
            *DENIED,
            StepUpNeeded,
            Forbidden,
            CsrfFailed,
            InvalidReason,
            UserNotFound,
            CannotImpersonate,
            WiderThanOwn,
            OnlyLooking,
        ),
    )
    async def start(
        self, user_id: FromPath[UUID], data: JSONBody[WithReason], call: NamedDependency[Call]
    ) -> Response[Impersonation]:
        """Impersonate a user for half an hour, changing nothing; the user is notified.

        A browser gets a cookie that counts beside its own; an app gets an access token.
        """
        actor, own = call.actor(Permission.USERS_IMPERSONATE), call.require_fresh()
        place = await impersonate(
            call.ports, actor, own=own, user_id=UserId(user_id), reason=data.reason, now=call.now
        )  # fmt: skip
        cookies = [] if place.told.access_token else [place_cookie(call, place.secret)]
        return Response(place.told, headers={"cache-control": "no-store"}, cookies=cookies)


class ImpersonationEndController(Controller):
    """Giving the place back."""

    path = "/api/v1/auth/impersonation"
    tags = ("Administration",)
    opt = SIGNED_IN | HARMLESS

    @delete(operation_id="endImpersonation", status_code=204, responses=raises(NoSession, CsrfFailed, NotImpersonating))
    async def end(self, call: NamedDependency[Call]) -> Response[None]:
        """Stop impersonating."""
        await end_impersonation(call.ports, call.require_credential(), now=call.now)
        return Response(None, status_code=204, cookies=[place_cookie(call, "")])
