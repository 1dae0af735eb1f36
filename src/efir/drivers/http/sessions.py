"""Signing in and out, and API tokens, over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from efir.application import csrf
from efir.application.context import Call
from efir.application.sessions import NewToken, create_api_token, list_api_tokens, log_in, log_out, revoke_api_token
from efir.domain.sessions import (
    CsrfFailed,
    InvalidTokenRequest,
    NoSession,
    SessionId,
    TokenId,
    TokenNotFound,
    WrongCredentials,
)
from efir.domain.users import UserBanned
from efir.drivers.http.bodies import Credentials, CsrfToken, LoggedIn, NewApiToken, SessionView
from efir.drivers.http.pages import CursorQuery, LimitQuery, paged
from efir.drivers.http.problems import raises
from efir.drivers.http.security import FORM, KEEPS_IDLE, cookie_name
from efir.ports.pages import Page
from efir.ports.sessions import Credential, TokenView
from efir.ports.users import UserView

TAGS = ["Sessions"]


@post(
    "/api/v1/auth/login",
    operation_id="logIn",
    tags=TAGS,
    status_code=200,
    opt=FORM,
    responses=raises(WrongCredentials, UserBanned, CsrfFailed),
)
async def login(data: JSONBody[Credentials], call: NamedDependency[Call]) -> Response[LoggedIn]:
    """Start a login session; its secret comes as a cookie."""
    signed = await log_in(
        call.ports, login=data.login, password=data.password, now=call.now, ip=call.ip, ua=call.user_agent
    )
    if call.credential is not None and call.credential.session_id is not None:
        await log_out(call.ports, session_id=SessionId(call.credential.session_id), now=call.now)
    token = csrf.issue(call.ports.keys, str(signed.session_id), call.ports.new_secret())
    return Response(LoggedIn(signed.user, token), cookies=[session_cookie(call, signed.secret)])


@post("/api/v1/auth/logout", operation_id="logOut", tags=TAGS, status_code=204, responses=raises(NoSession, CsrfFailed))
async def logout(call: NamedDependency[Call]) -> Response[None]:
    """End the login session."""
    await log_out(call.ports, session_id=SessionId(call.session().session_id or UUID(int=0)), now=call.now)
    return Response(None, status_code=204, cookies=[session_cookie(call, "", max_age=0)])


@get("/api/v1/auth/session", operation_id="getSession", tags=TAGS, opt=KEEPS_IDLE, responses=raises(NoSession))
async def session(call: NamedDependency[Call]) -> SessionView:
    """Tell whether the login session is active; asking does not extend it."""
    found = call.session()
    return SessionView(
        user=_user(found),
        csrf_token=csrf.issue(call.ports.keys, str(found.session_id), call.ports.new_secret()),
        expires_at=found.expires_at,
        idle_expires_at=found.idle_expires_at,
    )


@get("/api/v1/auth/csrf", operation_id="getCsrfToken", tags=TAGS, opt=KEEPS_IDLE, responses=raises())
async def csrf_token(call: NamedDependency[Call]) -> CsrfToken:
    """Get a token for unsafe requests by cookie."""
    bound_to = "" if call.credential is None else str(call.credential.session_id or "")
    return CsrfToken(csrf.issue(call.ports.keys, bound_to, call.ports.new_secret()))


@get(
    "/api/v1/users/me/tokens",
    operation_id="listApiTokens",
    tags=TAGS,
    responses=raises(NoSession),
)
async def tokens(
    request: Request[Any, Any, Any],
    call: NamedDependency[Call],
    limit: LimitQuery = None,
    cursor: CursorQuery = None,
) -> Response[Page[TokenView]]:
    """List own API tokens, newest first."""
    return paged(request, await list_api_tokens(call.ports, owner=call.user(), limit=limit, cursor=cursor))


@post(
    "/api/v1/users/me/tokens",
    operation_id="createApiToken",
    tags=TAGS,
    responses=raises(NoSession, CsrfFailed, InvalidTokenRequest),
)
async def create_token(data: JSONBody[NewApiToken], call: NamedDependency[Call]) -> NewToken:
    """Make an API token; its secret is shown this once."""
    return await create_api_token(
        call.ports, owner=call.user(), name=data.name, scopes=data.scopes, expires_in=data.expires_in, now=call.now
    )


@delete(
    "/api/v1/users/me/tokens/{token_id:uuid}",
    operation_id="revokeApiToken",
    tags=TAGS,
    responses=raises(NoSession, CsrfFailed, TokenNotFound),
)
async def revoke_token(token_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
    """End an API token."""
    await revoke_api_token(call.ports, owner=call.user(), token_id=TokenId(token_id), now=call.now)


def session_cookie(call: Call, secret: str, *, max_age: int | None = None) -> Cookie:
    """The login session's cookie; an age of 0 removes it."""
    origin = call.ports.origin
    return Cookie(
        key=cookie_name(origin), value=secret, path="/", httponly=True, samesite="lax",
        secure=origin.startswith("https:"),
        max_age=call.ports.limits.session_life_seconds if max_age is None else max_age,
    )  # fmt: skip


def _user(found: Credential) -> UserView:
    return UserView(
        id=found.user_id, nickname=found.nickname, display_name=found.display_name, created_at=found.user_since
    )


HANDLERS = [login, logout, session, csrf_token, tokens, create_token, revoke_token]
