"""Signing in and out through other providers over HTTP."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.accounts.federated_signup import begin_federated_signup
from efir.application.auth.oidc import (
    FLOW_SECONDS,
    Finished,
    Returned,
    begin_link,
    begin_sign_in,
    finish,
    list_providers,
)
from efir.application.context import Call
from efir.domain.auth.identities import IdentityTaken, IdentityUnknown, ProviderNotFound
from efir.domain.auth.sessions import CsrfFailed, NoSession, StepUpNeeded
from efir.domain.kernel.errors import DomainError, Forbidden
from efir.domain.kernel.rate_limits import Throttled
from efir.drivers._asgi.cookies import (
    BACK,
    BROWSER,
    CHALLENGE,
    cookie_name,
    make_short_cookie,
    session_cookie,
    ticket_cookie,
)
from efir.drivers._asgi.registration_ticket import known_ticket
from efir.drivers._asgi.route_options import ANONYMOUS, KEEPS_IDLE
from efir.drivers.http.auth.bodies import Onward
from efir.drivers.http.kernel.problems import raises
from efir.ports.auth.oidc import Claims, ProviderUnavailable, ProviderView
from efir.ports.kernel.one_time_store import OneTimeStoreUnavailable

PRIVATE = {"cache-control": "no-store"}
BackQuery = Annotated[str, QueryParameter(max_length=600, description="Path on this site to return to afterwards.")]
FreshQuery = Annotated[bool, QueryParameter(description="Require a new sign-in even with a session at the provider.")]
# The framework keeps the name `state` for itself.
StateQuery = Annotated[
    str, QueryParameter(name="state", max_length=4000, description="The state that the browser was sent with.")
]
Told = Annotated[str, QueryParameter(max_length=4000, description="The provider's error, if any.")]


class Providers(Struct, frozen=True):
    """The providers that people may sign in with."""

    providers: Annotated[list[ProviderView], Meta(description="All providers.")]


class ProvidersController(Controller):
    """Signing in through other providers."""

    path = "/api/v1/auth/oidc"
    tags = ("Other providers",)
    opt = PUBLIC

    @get(operation_id="getProviders", opt=ANONYMOUS, responses=raises())
    async def providers(self, call: NamedDependency[Call]) -> Providers:
        """List the providers people may sign in with."""
        return Providers(list_providers(call.ports))

    @get(
        "/{provider:str}/login",
        operation_id="beginProviderLogin",
        status_code=303,
        opt=KEEPS_IDLE,
        responses=raises(ProviderNotFound, ProviderUnavailable, Throttled, OneTimeStoreUnavailable),
    )
    async def login(
        self,
        request: Request[Any, Any, Any],
        provider: FromPath[str],
        call: NamedDependency[Call],
        return_to: BackQuery = "/",
        fresh: FreshQuery = False,  # noqa: FBT002  # a query parameter
    ) -> Response[None]:
        """Send the browser to a provider; it comes back to the callback."""
        try:
            begun = await begin_sign_in(
                call.ports, provider=provider, browser=_browser(request, call), back=return_to, fresh=fresh,
                visitor=call.visitor, now=call.now,
            )  # fmt: skip
        except (ProviderUnavailable, Throttled, OneTimeStoreUnavailable) as error:
            return _trouble(error, return_to)
        return _redirect(begun.address, [make_short_cookie(call, BROWSER, begun.browser, seconds=FLOW_SECONDS)])

    @post(
        "/{provider:str}/link",
        opt=SIGNED_IN,
        operation_id="linkProvider",
        status_code=200,
        responses=raises(
            NoSession,
            StepUpNeeded,
            Forbidden,
            CsrfFailed,
            ProviderNotFound,
            ProviderUnavailable,
            OneTimeStoreUnavailable,
        ),
    )
    async def link(
        self,
        request: Request[Any, Any, Any],
        provider: FromPath[str],
        call: NamedDependency[Call],
        return_to: BackQuery = "/settings/identities",
    ) -> Response[Onward]:
        """Start linking an identity at a provider to your account."""
        begun = await begin_link(
            call.ports,
            provider=provider,
            browser=_browser(request, call),
            back=return_to,
            who=call.require_fresh(),
            now=call.now,
        )
        cookies = [make_short_cookie(call, BROWSER, begun.browser, seconds=FLOW_SECONDS)]
        return Response(Onward(begun.address), headers=PRIVATE, cookies=cookies)

    @get(
        "/{provider:str}/callback",
        operation_id="finishProviderLogin",
        status_code=303,
        opt=KEEPS_IDLE,
        responses=raises(ProviderNotFound),
    )
    async def callback(
        self,
        request: Request[Any, Any, Any],
        provider: FromPath[str],
        call: NamedDependency[Call],
        sent_state: StateQuery = "",
        code: Told = "",
        iss: Told = "",
        error: Told = "",
    ) -> Response[None]:
        """Finish a sign-in at a provider: the browser goes on, signed in, or to a page that says what is wrong."""
        try:
            finished = await finish(
                call.ports, provider=provider, browser=_browser(request, call), who=call.credential,
                returned=Returned(state=sent_state, code=code, iss=iss, error=error), visitor=call.visitor,
                now=call.now,
            )  # fmt: skip
            ticket = await _registration(request, call, provider, finished.newcomer)
        except ProviderNotFound:
            raise
        except DomainError as trouble:
            return _trouble(trouble, "/")
        return _onward(call, finished, ticket)


async def _registration(request: Request[Any, Any, Any], call: Call, provider: str, newcomer: Claims | None) -> str:
    """Open a registration for somebody without an account; return its ticket, empty for everybody else."""
    if newcomer is None:
        return ""
    earlier = known_ticket({"cookie": request.headers.get("cookie", "")}, call.ports.origin)
    return await begin_federated_signup(
        call.ports, provider=provider, claims=newcomer, earlier=earlier, visitor=call.visitor, now=call.now
    )


def _onward(call: Call, finished: Finished, ticket: str) -> Response[None]:
    if finished.challenge:
        cookies = [make_short_cookie(call, CHALLENGE, finished.challenge, seconds=call.ports.limits.challenge_seconds)]
        return _redirect(f"/login/second-factor?{urlencode({'back': finished.back})}", cookies)
    if ticket:
        kept = quote(finished.back, safe="")
        back = make_short_cookie(call, BACK, kept, seconds=call.ports.limits.registration_life_seconds)
        return _redirect("/register/name", [ticket_cookie(call, ticket), back])
    signed = finished.signed
    return _redirect(finished.back, [] if signed is None else [session_cookie(call, signed.secret)])


def _trouble(error: DomainError, back: str) -> Response[None]:
    """Send the browser to the page that puts an error into words."""
    place = "/settings/identities" if isinstance(error, IdentityTaken | IdentityUnknown) else "/login"
    return _redirect(f"{place}?{urlencode({'trouble': error.code, 'back': back})}", [])


def _redirect(to: str, cookies: list[Cookie]) -> Response[None]:
    return Response(None, status_code=303, headers={"location": to, **PRIVATE}, cookies=cookies)


def _browser(request: Request[Any, Any, Any], call: Call) -> str:
    return request.cookies.get(cookie_name(BROWSER, origin=call.ports.origin), "")
