"""Signing in and out, devices and login history over HTTP."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.auth import csrf
from efir.application.auth.login_history import list_logins
from efir.application.auth.sessions import (
    SignedIn,
    list_devices,
    log_in,
    revoke_other_sessions,
    revoke_session,
    sign_out,
)
from efir.application.context import Call
from efir.domain.auth.second_factors import SecondFactorNeeded
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing, SessionNotFound, WrongCredentials
from efir.domain.kernel.ids import SessionId
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.users import DeletionPending, UserBanned
from efir.drivers._asgi.cookies import device_cookie, session_cookie
from efir.drivers._asgi.route_options import ENTRANCE, KEEPS_IDLE
from efir.drivers.http.auth.bodies import CsrfToken, Ended, SessionView
from efir.drivers.http.kernel.bodies import Credentials, LoggedIn
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import raises
from efir.ports.access.credential_cache import Credential
from efir.ports.auth.login_history import LoginView
from efir.ports.auth.sessions import DeviceView
from efir.ports.kernel.pagination import Page
from efir.ports.users import UserView


class SessionsController(Controller):
    """Login sessions: begun, shown, ended."""

    path = "/api/v1/auth"
    tags = ("Sessions",)
    opt = SIGNED_IN

    @post(
        "/login",
        operation_id="logIn",
        status_code=200,
        opt=PUBLIC | ENTRANCE,
        responses=raises(WrongCredentials, UserBanned, DeletionPending, SecondFactorNeeded, CsrfFailed, Throttled),
    )
    async def login(self, data: JSONBody[Credentials], call: NamedDependency[Call]) -> Response[LoggedIn]:
        """Start a login session; its secret comes as a cookie."""
        signed = await log_in(
            call.ports, login=data.login, password=data.password, visitor=call.visitor, now=call.now,
            replaces=find_replaced_session(call),
        )  # fmt: skip
        return respond_signed_in(call, signed)

    @post("/logout", operation_id="logOut", status_code=204, responses=raises(NoSession, CsrfFailed))
    async def logout(self, call: NamedDependency[Call]) -> Response[None]:
        """End the login session."""
        await sign_out(call.ports, session_id=call.current_session(), now=call.now)
        return Response(None, status_code=204, cookies=[session_cookie(call, "", max_age=0)])

    @get("/session", operation_id="getSession", opt=KEEPS_IDLE, responses=raises(NoSession))
    async def session(self, call: NamedDependency[Call]) -> SessionView:
        """Return whether the login session is active; asking does not extend it."""
        found = call.session()
        return SessionView(
            user=_user(call, found),
            csrf_token=csrf.issue(call.ports.keys, str(found.session_id), call.ports.new_secret()),
            expires_at=found.expires_at,
            idle_expires_at=found.idle_expires_at,
        )

    @get("/csrf", operation_id="getCsrfToken", opt=PUBLIC | KEEPS_IDLE, responses=raises())
    async def csrf_token(self, call: NamedDependency[Call]) -> CsrfToken:
        """Get a token for unsafe requests by cookie."""
        bound_to = "" if call.credential is None else str(call.credential.session_id or "")
        return CsrfToken(csrf.issue(call.ports.keys, bound_to, call.ports.new_secret()))

    @get("/sessions", operation_id="listSessions", responses=raises(NoSession))
    async def devices(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[DeviceView]]:
        """List your active login sessions, newest first."""
        found = await list_devices(
            call.ports, owner=call.user(), current=call.current_session(), now=call.now, limit=limit, cursor=cursor
        )
        return paginate(request, found)

    @delete(
        "/sessions/{session_id:uuid}",
        operation_id="revokeSession",
        responses=raises(NoSession, CsrfFailed, SessionNotFound),
    )
    async def revoke_one(self, session_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """End one of your login sessions, in every process before the response."""
        await revoke_session(call.ports, owner=call.user(), session_id=SessionId(session_id), now=call.now)

    @post(
        "/sessions/revoke-others",
        operation_id="revokeOtherSessions",
        status_code=200,
        responses=raises(NoSession, CsrfFailed),
    )
    async def revoke_others(self, call: NamedDependency[Call]) -> Ended:
        """End all of your login sessions but this one."""
        ended = await revoke_other_sessions(call.ports, owner=call.user(), keep=call.current_session(), now=call.now)
        return Ended(ended)

    @get("/login-history", operation_id="listMyLogins", responses=raises(NoSession, ScopeMissing))
    async def logins(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[LoginView]]:
        """List your sign-ins and failed attempts, newest first."""
        owner = call.user("account.read")
        return paginate(request, await list_logins(call.ports, user_id=owner, limit=limit, cursor=cursor))


def find_replaced_session(call: Call) -> SessionId | None:
    """The login session a browser gives up by signing in: it has one, and signing in always makes a new one."""
    found = call.credential
    return None if found is None or found.session_id is None else SessionId(found.session_id)


def respond_signed_in(call: Call, signed: SignedIn) -> Response[LoggedIn]:
    """Return a fresh login session: who, the token for unsafe requests, and the cookie."""
    token = csrf.issue(call.ports.keys, str(signed.session_id), call.ports.new_secret())
    return Response(
        LoggedIn(signed.user, token),
        cookies=[session_cookie(call, signed.secret), device_cookie(call, signed.user.nickname)],
    )


def _user(call: Call, found: Credential) -> UserView:
    return UserView(
        id=found.user_id, nickname=found.nickname, display_name=found.display_name, created_at=found.user_since,
        avatar=call.ports.links.avatar(found.avatar_id),
    )  # fmt: skip
