"""A client of one OpenID Connect provider: signatures by joserfc, claims by Authlib, requests by httpx."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError

from efir.adapters.oidc.documents import Documents, fetch_json, is_safe_url, refuse, text
from efir.ports.auth.identities import ProviderSession
from efir.ports.auth.oidc import Claims, LogoutNotice, ProviderUnavailable, ProviderView

SKEW = 30  # seconds
NOTICE_AGE = 300  # seconds; a logout token is sent right away
MAX_TOKEN = 16_384  # characters
MAX_SUB = 255  # characters (OpenID Connect Core §2)
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
Seal = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of a provider."""

    name: str
    label: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    algorithms: tuple[str, ...]
    callback: str
    login: str
    after_sign_out: str


class OidcProvider:
    """Authorization code flow with PKCE; every response is verified against the request."""

    def __init__(self, setup: Setup, http: httpx.AsyncClient, seal: Seal) -> None:
        self._setup = setup
        self._http = http
        self._seal, self._unseal = seal
        self._documents = Documents(setup.issuer, http)

    @property
    def view(self) -> ProviderView:
        """Return the public description of the provider."""
        return ProviderView(self._setup.name, self._setup.label, self._setup.login)

    @property
    def issuer(self) -> str:
        """Return the issuer identifier."""
        return self._setup.issuer

    async def address(self, *, state: str, nonce: str, challenge: str, fresh: bool) -> str:
        """Return the authorization URL; `fresh` requires a new sign-in even with a session at the provider."""
        query = {
            "response_type": "code", "client_id": self._setup.client_id, "redirect_uri": self._setup.callback,
            "scope": self._setup.scopes, "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | ({"prompt": "login", "max_age": "0"} if fresh else {})  # fmt: skip
        return extend_url((await self._documents.description()).authorization_endpoint, query)

    async def redeem(self, *, code: str, verifier: str, nonce: str, issuer: str | None, now: datetime) -> Claims:
        """Exchange an authorization code for the claims about a user.

        `issuer` is the issuer named in the authorization response, if any.
        """
        description = await self._documents.description()
        if issuer != self.issuer and (issuer or description.authorization_response_iss_parameter_supported):
            raise refuse("the answer names another issuer, or none", issuer=issuer)  # RFC 9207
        answer = await self._exchange_code(code, verifier)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str) or not isinstance(access, str):
            raise refuse("the answer has no ID token or no access token")
        header, claims = await self._verify_signature(token, types={None, "JWT"})
        self._check_claims(header, claims, nonce=nonce, access=access, now=now)
        told = await self._fetch_user_info(claims, access)
        return Claims(
            sub=claims["sub"],
            session=ProviderSession(
                issuer=self.issuer, sid=text(claims, "sid", MAX_SUB) or None, hint=self._seal(token.encode()),
                auth_time=_moment(claims.get("auth_time"), now),
            ),
            email=text(told, "email"), name=text(told, "name", 100),
            nickname=text(told, "preferred_username") or text(told, "nickname"),
        )  # fmt: skip

    async def logout_address(self, hint: bytes) -> str | None:
        """Return the URL that ends the session at the provider, or None (OpenID Connect RP-Initiated Logout 1.0)."""
        end = (await self._documents.description()).end_session_endpoint
        if not end or not is_safe_url(end):
            return None
        query = {
            "id_token_hint": self._unseal(hint).decode(), "client_id": self._setup.client_id,
            "post_logout_redirect_uri": self._setup.after_sign_out,
        }  # fmt: skip
        return extend_url(end, query)

    async def notice(self, token: str, *, now: datetime) -> LogoutNotice:
        """Verify a logout token (OpenID Connect Back-Channel Logout 1.0) and return its notice."""
        _, claims = await self._verify_signature(token, types={None, "JWT", "logout+jwt"})
        events, issued, ends, at = claims.get("events"), claims.get("iat"), claims.get("exp"), now.timestamp()
        audience = claims.get("aud")
        sub, sid, jti = (text(claims, name, MAX_SUB) for name in ("sub", "sid", "jti"))
        wrong = (
            claims.get("iss") != self.issuer
            or self._setup.client_id not in (audience if isinstance(audience, list) else [audience])
            or not isinstance(events, dict) or not isinstance(events.get(LOGOUT), dict)
            or "nonce" in claims or not jti or not (sub or sid)
            or not _is_between(issued, at, NOTICE_AGE) or not (ends is None or _is_between(at, ends, float("inf")))
        )  # fmt: skip
        if wrong:
            raise refuse("not a logout token for us")
        return LogoutNotice(id=jti, sub=sub or None, sid=sid or None)

    async def _exchange_code(self, code: str, verifier: str) -> dict[str, Any]:
        description = await self._documents.description()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._setup.callback,
            "code_verifier": verifier,
        }  # fmt: skip
        headers = {"accept": "application/json"}
        who, secret = self._setup.client_id, self._setup.client_secret
        if not secret:
            form["client_id"] = who
        elif "client_secret_basic" in description.token_endpoint_auth_methods_supported:
            pair = f"{quote(who, safe='')}:{quote(secret, safe='')}"  # RFC 6749 §2.3.1
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": who, "client_secret": secret}
        return await fetch_json(self._http, "POST", description.token_endpoint, data=form, headers=headers)

    async def _verify_signature(self, token: str, *, types: set[str | None]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return header and claims of a token that one of the provider's keys has signed with a pinned algorithm."""
        if len(token) > MAX_TOKEN:
            raise refuse("the token is too long")
        try:
            header = json.loads(_decode_part(token.partition(".")[0]))
            alg, kid, kind = header.get("alg"), header.get("kid"), header.get("typ")
        except (ValueError, AttributeError, RecursionError) as error:
            raise refuse("the token has no header") from error
        if alg not in self._setup.algorithms or kind not in types or "crit" in header:
            raise refuse("the token is of another kind or algorithm", alg=str(alg), typ=str(kind))
        key = await self._documents.key(kid if isinstance(kid, str) else None)
        try:
            read = jwt.decode(token, key, algorithms=[alg])
        except (JoseError, ValueError, TypeError) as error:
            raise refuse("the signature does not hold", error=type(error).__name__) from error
        return header, dict(read.claims)

    def _check_claims(
        self, header: dict[str, Any], claims: dict[str, Any], *, nonce: str, access: str, now: datetime
    ) -> None:
        """Check an ID token's claims (OpenID Connect Core §3.1.3.7); a nonce is always expected."""
        options = {"iss": {"essential": True, "value": self.issuer}, "aud": {"value": self._setup.client_id}}
        params = {"nonce": nonce, "client_id": self._setup.client_id, "access_token": access}
        times = [claims.get("exp"), claims.get("iat")]
        if not nonce or not all(map(_is_finite, times)) or claims.get("iss") != self.issuer:
            raise refuse("the ID token is of another issuer or of no time")
        if not isinstance(claims.get("sub"), str) or not 1 <= len(claims["sub"]) <= MAX_SUB:
            raise refuse("the ID token names nobody")
        try:
            CodeIDToken(claims, header, options, params).validate(int(now.timestamp()), SKEW)
        except (OAuth2Error, JoseError, ValueError, TypeError) as error:
            raise refuse("the ID token is not for us or not for now", error=str(error)) from error

    async def _fetch_user_info(self, claims: Mapping[str, Any], access: str) -> Mapping[str, Any]:
        """Fetch the claims that the ID token lacks; a failure only leaves more fields of forms empty."""
        url = (await self._documents.description()).userinfo_endpoint
        if claims.get("email") or not url or not is_safe_url(url):
            return claims
        try:
            told = await fetch_json(self._http, "GET", url, headers={"authorization": f"Bearer {access}"})
        except ProviderUnavailable:
            return claims
        return {**told, **claims} if told.get("sub") == claims["sub"] else claims


def extend_url(url: str, query: Mapping[str, str]) -> str:
    """Return a URL with added query parameters; it may already have some."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1 << 40


def _is_between(earlier: Any, later: Any, max_seconds: float) -> bool:
    """Return whether `later` is at most `max_seconds` after `earlier`; clocks may differ a little."""
    return _is_finite(earlier) and _is_finite(later) and -SKEW <= later - earlier <= max_seconds


def _moment(value: Any, now: datetime) -> datetime | None:
    return min(datetime.fromtimestamp(value, UTC), now) if _is_finite(value) else None


def _decode_part(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
