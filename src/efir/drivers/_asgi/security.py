"""Authentication of every request by cookie or bearer token, and CSRF protection of unsafe ones."""

import ipaddress
from functools import partial
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Send

from efir.application.access.requirements import SAFE, admit
from efir.application.auth import csrf
from efir.application.auth.credentials import bearer_credential, find_impersonated, session_credential
from efir.application.context import Call, Ports
from efir.domain.auth.sessions import InvalidToken
from efir.domain.kernel.errors import Malformed
from efir.drivers._asgi.cookies import DEVICE, PLACE, SESSION, cookie_name, cookie_value
from efir.drivers._asgi.same_origin import require_same_origin
from efir.ports.access.credential_cache import Credential
from efir.ports.kernel.correlation import correlation

NAMES = "authorization cookie host origin sec-fetch-site user-agent x-csrf-token x-forwarded-for"
READ = {name.encode(): name for name in NAMES.split()}


class TwoCredentials(Malformed):
    """The request has both a cookie and a bearer token, so the caller is ambiguous."""

    code = "two-credentials"
    title = "Send a cookie or a token, not both"


class Security(ASGIMiddleware):
    """Stores a `Call` in the scope and admits the request to its handler; the only place that reads credentials."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, ports: Ports, *, trusted: str = "") -> None:
        self._ports = ports
        self._trusted = [ipaddress.ip_network(part.strip()) for part in trusted.split(",") if part.strip()]
        self._session = cookie_name(SESSION, origin=ports.origin)
        self._device = cookie_name(DEVICE, origin=ports.origin)
        self._place = cookie_name(PLACE, origin=ports.origin)

    async def handle(self, scope: Any, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Resolve the credential and check the requirement of the route."""
        headers = {READ[name]: value.decode("latin-1") for name, value in scope["headers"] if name in READ}
        option: dict[str, Any] = scope["route_handler"].opt
        look = partial(self._credential, scope["method"], headers, option)
        credential = None if option.get("anonymous") else await look()
        scope["state"]["call"] = call = Call(
            ports=self._ports,
            credential=credential,
            now=self._ports.clock(),
            correlation_id=correlation.get(),
            ip=self._address(scope, headers),
            user_agent=headers.get("user-agent", ""),
            device="" if scope["method"] in SAFE else cookie_value(headers, self._device) or "",
            recheck=look,
        )
        admit(call, option, method=scope["method"])
        await next_app(scope, receive, send)

    async def _credential(self, method: str, headers: dict[str, str], option: dict[str, Any]) -> Credential | None:
        bearer, cookie = headers.get("authorization"), cookie_value(headers, self._session)
        now = self._ports.clock()
        if bearer is not None:
            if cookie is not None:
                raise TwoCredentials
            kind, _, token = bearer.partition(" ")
            if kind.lower() != "bearer":
                raise InvalidToken("Only bearer tokens are accepted in the Authorization header.")
            return await bearer_credential(self._ports, token=token.strip(), now=now)
        if method not in SAFE and not option.get("form"):
            require_same_origin(headers, origin=self._ports.origin)
        if cookie is None:
            return None
        found = await session_credential(self._ports, secret=cookie, now=now, extend=not option.get("keeps_idle"))
        if found is not None and f"{self._place}=" in headers["cookie"]:
            place = cookie_value(headers, self._place)
            found = (place and await find_impersonated(self._ports, found, secret=place, now=now)) or found
        if found is not None and method not in SAFE and not (option.get("form") or option.get("entrance")):
            csrf.check(self._ports.keys, str(found.session_id), headers.get("x-csrf-token"))
        return found

    def _address(self, scope: Any, headers: dict[str, str]) -> str | None:
        """Return the client's address: the right-most hop that is not a trusted proxy."""
        client = scope.get("client")
        if not self._trusted:
            return client[0] if client else None
        hops = [part.strip() for part in headers.get("x-forwarded-for", "").split(",") if part.strip()]
        address = client[0] if client else None
        while address is not None and hops and self._is_trusted(address):
            address = hops.pop()
        return address if address is not None and _valid(address) else None

    def _is_trusted(self, address: str) -> bool:
        return _valid(address) and any(ipaddress.ip_address(address) in network for network in self._trusted)


def call_of(scope: Any) -> Call:
    """Return the call of a request: the one dependency of every handler."""
    call: Call = scope["state"]["call"]
    return call


def _valid(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True
