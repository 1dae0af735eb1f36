"""Access and refresh tokens of apps over HTTP, and the keys that others check them with."""

from litestar import Response, get, post
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

TAGS = ["Tokens"]
PRIVATE = {"cache-control": "no-store"}


@post(
    "/api/v1/auth/token",
    operation_id="issueToken",
    tags=TAGS,
    status_code=200,
    opt=ANONYMOUS,
    responses=raises(WrongCredentials, UserBanned, SecondFactorNeeded, Throttled),
)
async def issue(data: JSONBody[Credentials], call: NamedDependency[Call]) -> Response[TokenPair]:
    """Sign in an app: an access token of some minutes, and a refresh token that gets the next pair."""
    pair = await issue_token(call.ports, login=data.login, password=data.password, visitor=call.visitor, now=call.now)
    return Answer(pair, headers=PRIVATE)


@post(
    "/api/v1/auth/token/refresh",
    operation_id="refreshToken",
    tags=TAGS,
    status_code=200,
    opt=ANONYMOUS,
    responses=raises(InvalidRefreshToken),
)
async def refresh(data: JSONBody[RefreshToken], call: NamedDependency[Call]) -> Response[TokenPair]:
    """Exchange a refresh token; the used one counts no more, and coming back later it ends the session."""
    pair = await refresh_token(call.ports, token=data.refresh_token, visitor=call.visitor, now=call.now)
    return Answer(pair, headers=PRIVATE)


@post(
    "/api/v1/auth/token/revoke",
    operation_id="revokeToken",
    tags=TAGS,
    status_code=204,
    opt=ANONYMOUS,
    responses=raises(),
)
async def revoke(data: JSONBody[RevokedToken], call: NamedDependency[Call]) -> None:
    """End the session of a refresh token; its access tokens count no more."""
    await revoke_token(call.ports, token=data.token, now=call.now)


@get("/.well-known/jwks.json", operation_id="getSigningKeys", tags=TAGS, opt=ANONYMOUS, responses=raises())
async def jwks(call: NamedDependency[Call]) -> Response[KeySet]:
    """List the public keys of access tokens (RFC 7517)."""
    return Answer(await call.ports.auth.access_tokens.published(), headers={"cache-control": "public, max-age=300"})


HANDLERS = [issue, refresh, revoke, jwks]
