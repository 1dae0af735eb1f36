"""Signing out through other providers over HTTP."""

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.access.requirements import SIGNED_IN
from efir.application.auth.identities import log_out_by_provider, log_out_everywhere
from efir.application.context import Call
from efir.domain.auth.identities import ProviderNotFound, ProviderRefused
from efir.domain.auth.sessions import CsrfFailed, NoSession
from efir.domain.kernel.errors import Forbidden, Malformed
from efir.drivers._asgi.cookies import session_cookie
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.auth.bodies import Onward
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.ports.auth.oidc import ProviderUnavailable
from efir.ports.kernel.one_time_store import OneTimeStoreUnavailable

PRIVATE = {"cache-control": "no-store"}
MAX_TOKEN = 20_000  # bytes of a form with a logout token


class LogoutTokenRefused(Malformed):
    """The logout token is not the provider's, not for us, not for now, or was used before."""

    code = "logout-token-refused"
    title = "The logout token was not accepted"


class ProviderLogoutController(Controller):
    """Signing out here and at another provider."""

    path = "/api/v1/auth/oidc/{provider:str}"
    tags = ("Other providers",)
    opt = SIGNED_IN

    @post(
        "/logout",
        operation_id="logOutWithProvider",
        status_code=200,
        responses=raises(NoSession, Forbidden, CsrfFailed, ProviderNotFound),
    )
    async def logout(self, provider: FromPath[str], call: NamedDependency[Call]) -> Response[Onward]:
        """End the login session here, and tell where it ends at the provider it came from."""
        if provider not in call.ports.auth.providers:
            raise ProviderNotFound
        address = await log_out_everywhere(call.ports, session_id=call.current_session(), now=call.now)
        return Response(Onward(address), headers=PRIVATE, cookies=[session_cookie(call, "", max_age=0)])

    @post(
        "/backchannel-logout",
        operation_id="logOutByProvider",
        status_code=200,
        opt=ANONYMOUS,
        request_max_body_size=MAX_TOKEN,
        responses=raises(ProviderNotFound, ProviderUnavailable, OneTimeStoreUnavailable),
    )
    async def backchannel(
        self, request: Request[Any, Any, Any], provider: FromPath[str], call: NamedDependency[Call]
    ) -> Response[None]:
        """Receive a provider's back-channel logout; the session that its signed `logout_token` names ends here too."""
        form = await request.form()
        token = form.get("logout_token")
        try:
            if not isinstance(token, str):
                raise LogoutTokenRefused
            await log_out_by_provider(call.ports, provider=provider, token=token, now=call.now)
        except ProviderRefused as error:
            raise LogoutTokenRefused from error
        return Answer(None, headers=PRIVATE)
