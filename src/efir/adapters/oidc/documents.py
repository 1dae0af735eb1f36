"""The documents that a provider publishes: its metadata and its keys, fetched on demand and cached."""

import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from efir.domain.auth.identities import ProviderRefused
from efir.ports.auth.oidc import ProviderUnavailable

KEPT = 3600.0  # seconds
LOOKS = 60.0  # seconds between two lookups of unknown keys
MAX_SIZE = 1 << 20  # bytes of a response
KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
Address = Annotated[str, msgspec.Meta(max_length=2000)]
log = structlog.get_logger("efir.oidc")


class Description(msgspec.Struct, frozen=True):
    """The part of a provider's metadata that Efir uses (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    userinfo_endpoint: Address = ""
    end_session_endpoint: Address = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Documents:
    """Metadata and keys of one issuer, cached."""

    def __init__(self, issuer: str, http: httpx.AsyncClient) -> None:
        self._issuer = issuer
        self._http = http
        self._description: Description | None = None
        self._described_at = float("-inf")
        self._keys: dict[str, Any] = {}
        self._keys_at = float("-inf")
        self._looked_at = float("-inf")

    async def description(self) -> Description:
        """Return the provider's metadata; that of an issuer other than the configured one is refused."""
        if self._description is None or time.monotonic() - self._described_at > KEPT:
            url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
            try:
                found = msgspec.convert(await fetch_json(self._http, "GET", url), Description)
            except msgspec.ValidationError as error:
                raise provider_unavailable("description", error) from error
            if found.issuer != self._issuer:
                raise refuse("the description is of another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not is_safe_url(getattr(found, name)):
                    raise refuse(f"{name} is not safe")
            self._description, self._described_at = found, time.monotonic()
        return self._description

    async def key(self, kid: str | None) -> Any:
        """Return a signing key; an unknown one is looked up again, at most once a minute."""
        if time.monotonic() - self._keys_at > KEPT:
            await self._load()
        if kid not in self._keys and time.monotonic() - self._looked_at > LOOKS:
            self._looked_at = time.monotonic()
            await self._load()
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if kid is None or kid not in self._keys:
            raise refuse("signed by an unknown key")
        return self._keys[kid]

    async def _load(self) -> None:
        answer = await fetch_json(self._http, "GET", (await self.description()).jwks_uri)
        keys = {}
        for jwk in answer.get("keys") or []:
            if isinstance(jwk, dict) and jwk.get("kty") in KEY_TYPES and jwk.get("use", "sig") == "sig":
                try:
                    keys[str(jwk.get("kid", ""))] = import_key(jwk)
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    log.warning("unusable key of a provider", issuer=self._issuer, error=type(error).__name__)
        self._keys, self._keys_at = keys, time.monotonic()


async def fetch_json(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> dict[str, Any]:
    """Fetch a JSON object of limited size. Raises ProviderUnavailable."""
    try:
        async with http.stream(method, url, **more) as answer:
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MAX_SIZE:
                    raise provider_unavailable(url, "too large")
        if not answer.is_success:
            raise provider_unavailable(url, answer.status_code)
        found = msgspec.json.decode(body)
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as error:
        raise provider_unavailable(url, error) from error
    if not isinstance(found, dict):
        raise provider_unavailable(url, "no object")
    return found


def is_safe_url(url: str) -> bool:
    """Return whether secrets may be sent to a URL: it is encrypted, or within this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def provider_unavailable(what: str, reason: object) -> ProviderUnavailable:
    """Log why a provider is unavailable, and return an error that reveals less."""
    log.warning("provider is unavailable", what=what, reason=str(reason)[:200])
    return ProviderUnavailable(retry_after=5)


def refuse(reason: str, **facts: Any) -> ProviderRefused:
    """Log why a response is refused, and return an error that reveals less."""
    log.warning("provider's answer refused", reason=reason, **facts)
    return ProviderRefused()


def text(claims: Mapping[str, Any], name: str, max_length: int = 320) -> str:
    """Return a claim that only fills in forms; empty when it is not a short printable text."""
    value = claims.get(name)
    return value if isinstance(value, str) and len(value) <= max_length and value.isprintable() else ""
