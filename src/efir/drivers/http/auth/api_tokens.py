"""API tokens over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.auth.api_tokens import (
    NewToken,
    ScopeView,
    create_api_token,
    list_api_tokens,
    list_scopes,
    revoke_api_token,
)
from efir.application.context import Call
from efir.domain.auth.sessions import CsrfFailed, InvalidTokenRequest, NoSession, TokenId, TokenNotFound
from efir.drivers.http.auth.bodies import NewApiToken
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import raises
from efir.ports.auth.sessions import TokenView
from efir.ports.kernel.pagination import Page


class ScopesController(Controller):
    """What tokens can be limited to."""

    path = "/api/v1/auth/scopes"
    tags = ("Sessions",)
    opt = PUBLIC

    @get(operation_id="listScopes", responses=raises())
    async def scopes(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[ScopeView]]:
        """List the scopes a token can be limited to."""
        return paginate(request, list_scopes(call.ports, limit=limit, cursor=cursor))


class ApiTokensController(Controller):
    """Own API tokens."""

    path = "/api/v1/users/me/tokens"
    tags = ("Sessions",)
    opt = SIGNED_IN

    @get(operation_id="listApiTokens", responses=raises(NoSession))
    async def tokens(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[TokenView]]:
        """List your API tokens, newest first."""
        return paginate(request, await list_api_tokens(call.ports, owner=call.user(), limit=limit, cursor=cursor))

    @post(operation_id="createApiToken", responses=raises(NoSession, CsrfFailed, InvalidTokenRequest))
    async def create_token(self, data: JSONBody[NewApiToken], call: NamedDependency[Call]) -> NewToken:
        """Create an API token; its secret is shown this once."""
        return await create_api_token(
            call.ports, owner=call.user(), name=data.name, scopes=data.scopes, expires_in=data.expires_in, now=call.now
        )

    @delete("/{token_id:uuid}", operation_id="revokeApiToken", responses=raises(NoSession, CsrfFailed, TokenNotFound))
    async def revoke_token(self, token_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Revoke an API token, in every process before the response."""
        await revoke_api_token(call.ports, owner=call.user(), token_id=TokenId(token_id), now=call.now)
