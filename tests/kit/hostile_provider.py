"""A provider that answers whatever a test wants, over the HTTP client of the adapter: honest unless told otherwise."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwk import RSAKey

from efir.adapters.oidc.client import OidcProvider, Setup
from efir.application.context import Ports

ISSUER = "https://provider.example"
CLIENT = "efir-client"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
Q = dict[str, str]


def plain(data: dict[str, Any]) -> str:
    """Encode a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


@dataclass
class Hostile:
    """What the provider says; tests change it before the browser comes back."""

    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    sub: str = "ada-there"
    claims: dict[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    header: dict[str, Any] = field(default_factory=dict)
    forged: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    questions: dict[str, Q] = field(default_factory=dict)
    secret: bytes = b""
    status: int = 200

    def provider(self, ports: Ports, http: httpx.AsyncClient, algorithms: tuple[str, ...] = ("RS256",)) -> OidcProvider:
        """The adapter under test, talking to this."""
        setup = Setup(
            name="evil", label="Evil", issuer=ISSUER, client_id=CLIENT, client_secret="s&cret", scopes="openid email",
            algorithms=algorithms, login=ports.links.provider_sign_in("evil"),
            callback=ports.links.provider_callback("evil"), after_sign_out=ports.links.after_sign_out(),
        )  # fmt: skip
        return OidcProvider(setup, http, (lambda plain: plain[::-1], lambda sealed: sealed[::-1]))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer the adapter."""
        self.asked.append(f"{request.method} {request.url.path}")
        if request.url.host != "provider.example":
            raise AssertionError(f"a request to {request.url}")
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx.Response(200, json=self._description())
            case "/keys":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/token":
                return httpx.Response(self.status, json=self._tokens(request))
        return httpx.Response(404)

    def _description(self) -> dict[str, Any]:
        known = {name: f"{ISSUER}/{path}" for name, path in (
            ("authorization_endpoint", "authorize"), ("token_endpoint", "token"), ("jwks_uri", "keys"),
            ("end_session_endpoint", "end"))}  # fmt: skip
        return {"issuer": ISSUER, "authorization_response_iss_parameter_supported": True} | known | self.description

    def _tokens(self, request: httpx.Request) -> dict[str, Any]:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.questions[form["code"]]
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        assert request.headers["authorization"] == f"Basic {base64.b64encode(b'efir-client:s%26cret').decode()}"
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(asked)} | self.answer

    def id_token(self, asked: Q, now: int | None = None) -> str:
        """An ID token as the test wants it."""
        at = int(time.time()) if now is None else now
        claims: dict[str, Any] = {
            "iss": ISSUER, "sub": self.sub, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked.get("nonce", ""),
            "auth_time": at, "sid": "session-there", "email": "ada@example.org", "preferred_username": "ada",
        } | self.claims  # fmt: skip
        return self.signed({name: value for name, value in claims.items() if name not in self.dropped})

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """Sign claims, honestly or as the test wants it."""
        head = {"alg": "RS256", "kid": "one", "typ": "JWT"} | self.header | header
        if self.forged:
            return f"{plain(head)}.{plain(claims)}.{'' if self.forged == 'empty' else self.forged}"
        signed = f"{plain(head)}.{plain(claims)}".encode()
        if self.secret:
            signature = hmac.digest(self.secret, signed, "sha256")
        else:
            signature = self.key.raw_value.sign(signed, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr]  # a private key
        return f"{signed.decode()}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    async def begun(
        self, browser: httpx.AsyncClient, query: str = "", *, method: str = "GET", path: str = "login", **more: Any
    ) -> Q:
        """Let a browser begin; answers what the provider is asked."""
        answer = await browser.request(method, f"/api/v1/auth/oidc/evil/{path}{query}", **more)
        to = answer.headers.get("location") or answer.json()["redirect_to"]
        parts = urlsplit(to)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/authorize", to
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.questions[f"code-{asked['state']}"] = asked
        return asked

    async def back(self, browser: httpx.AsyncClient, asked: Q, **changes: str | None) -> httpx.Response:
        """Let a browser come back with the answer."""
        query = {"state": asked["state"], "code": f"code-{asked['state']}", "iss": ISSUER} | changes
        return await browser.get(
            "/api/v1/auth/oidc/evil/callback",
            params={name: value for name, value in query.items() if value is not None},
        )
