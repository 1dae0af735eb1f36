"""Access and refresh tokens of apps over HTTP, and the keys that others check them with."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from efir.application.auth.access_tokens import TokenPair, issue_token, refresh_token, revoke_token
from efir.application.context import Call
from efir.domain.auth.second_factors import SecondFactorNeeded
from efir.domain.auth.sessions import InvalidRefreshToken, WrongCredentials
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.users import UserBanned
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.auth.bodies import RefreshToken, RevokedToken
from efir.drivers.http.kernel.bodies import Credentials
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.ports.auth.signing_keys import KeySet

PRIVATE = {"cache-control": "no-store"}


class AccessTokensController(Controller):
    """Access and refresh tokens of apps."""

    path = "/api/v1/auth/token"
    tags = ("Tokens",)
    opt = ANONYMOUS

    @post(
        operation_id="issueToken",
        status_code=200,
        responses=raises(WrongCredentials, UserBanned, SecondFactorNeeded, Throttled),
    )
    async def issue(self, data: JSONBody[Credentials], call: NamedDependency[Call]) -> Response[TokenPair]:
        """Sign in an app: an access token of some minutes, and a refresh token that gets the next pair."""
        pair = await issue_token(
            call.ports, login=data.login, password=data.password, visitor=call.visitor, now=call.now
        )
        return Answer(pair, headers=PRIVATE)

    @post("/refresh", operation_id="refreshToken", status_code=200, responses=raises(InvalidRefreshToken))
    async def refresh(self, data: JSONBody[RefreshToken], call: NamedDependency[Call]) -> Response[TokenPair]:
        """Exchange a refresh token; the used one counts no more, and coming back later it ends the session."""
        pair = await refresh_token(call.ports, token=data.refresh_token, visitor=call.visitor, now=call.now)
        return Answer(pair, headers=PRIVATE)

    @post("/revoke", operation_id="revokeToken", status_code=204, responses=raises())
    async def revoke(self, data: JSONBody[RevokedToken], call: NamedDependency[Call]) -> None:
        """End the session of a refresh token; its access tokens count no more."""
        await revoke_token(call.ports, token=data.token, now=call.now)


class SigningKeysController(Controller):
    """The keys that others check access tokens with."""

    path = "/.well-known/jwks.json"
    tags = ("Tokens",)
    opt = ANONYMOUS

    @get(operation_id="getSigningKeys", responses=raises())
    async def jwks(self, call: NamedDependency[Call]) -> Response[KeySet]:
        """List the public keys of access tokens (RFC 7517)."""
        return Answer(
            await call.ports.auth.access_tokens.publish_keys(), headers={"cache-control": "public, max-age=300"}
        )
