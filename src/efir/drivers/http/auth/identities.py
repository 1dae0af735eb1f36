"""Own identities at other providers over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import SIGNED_IN
from efir.application.auth.identities import list_identities, unlink_identity
from efir.application.context import Call
from efir.domain.auth.identities import IdentityId, IdentityNotFound, LastWayIn
from efir.domain.auth.sessions import CsrfFailed, NoSession, StepUpNeeded
from efir.domain.kernel.errors import Forbidden
from efir.domain.kernel.ids import UserId
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import raises
from efir.ports.auth.identities import IdentityView
from efir.ports.kernel.pagination import Page


class IdentitiesController(Controller):
    """Own identities at other providers."""

    path = "/api/v1/auth/identities"
    tags = ("Other providers",)
    opt = SIGNED_IN

    @get(operation_id="listIdentities", responses=raises(NoSession, Forbidden))
    async def identities(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[IdentityView]]:
        """List your identities at other providers, newest first."""
        owner = UserId(call.session().user_id)
        return paginate(request, await list_identities(call.ports, owner=owner, limit=limit, cursor=cursor))

    @delete(
        "/{identity_id:uuid}",
        operation_id="unlinkIdentity",
        responses=raises(NoSession, StepUpNeeded, Forbidden, CsrfFailed, IdentityNotFound, LastWayIn),
    )
    async def unlink(self, identity_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Unlink an identity; it can no longer be used to sign in."""
        await unlink_identity(
            call.ports, owner=UserId(call.require_fresh().user_id), identity_id=IdentityId(identity_id), now=call.now
        )
