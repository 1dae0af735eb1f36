"""Access tokens by joserfc; what the library does not verify (type, time limits, size) is verified here."""

import base64
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from efir.adapters.secrets.sealing import Sealer
from efir.domain.auth.sessions import InvalidToken
from efir.domain.kernel.errors import Unavailable
from efir.ports.auth.signing_keys import AccessClaims, SigningKey
from efir.ports.auth.signing_keys import KeySet as Published

Algorithm = Literal["Ed25519", "ES256", "RS256"]
TYPE = "at+jwt"
MAX_SIZE = 4096  # characters
SKEW = 30.0  # seconds
FRESH = 60.0  # seconds; keys are read again after that
LOOKS = 1.0  # seconds between two lookups of an unknown key
HEADER = frozenset({"alg", "kid", "typ"})
Load = Callable[[], Awaitable[list[SigningKey]]]


class NoSigningKey(Unavailable):
    """No signing key has been created yet."""

    code = "no-signing-key"
    title = "Access tokens cannot be signed right now"


class _Act(msgspec.Struct):
    sub: UUID
    sid: UUID


class _Claims(msgspec.Struct, forbid_unknown_fields=False):
    iss: str
    aud: str
    sub: UUID
    sid: UUID
    iat: float
    exp: float
    auth_time: float
    aal: int
    amr: list[str]
    act: _Act | None = None


class JoseAccessTokens:
    """Signs with the active key, verifies with any usable one; keys come from `load`."""

    def __init__(self, load: Load, sealer: Sealer, *, issuer: str, algorithm: Algorithm, longest: timedelta) -> None:
        self._load = load
        self._sealer = sealer
        self._issuer = issuer
        self._algorithm = algorithm
        self._longest = longest.total_seconds()
        self._keys: dict[str, tuple[SigningKey, Any]] = {}
        self._read_at = float("-inf")

    def make_key(self, *, now: datetime, state: str) -> SigningKey:
        """Create a new key pair."""
        kid = secrets.token_urlsafe(9)
        parameters: Any = {"kid": kid, "use": "sig", "alg": self._algorithm}
        key: Any
        match self._algorithm:
            case "Ed25519":
                key = OKPKey.generate_key("Ed25519", parameters)
            case "ES256":
                key = ECKey.generate_key("P-256", parameters)
            case "RS256":
                key = RSAKey.generate_key(3072, parameters)
        private = msgspec.json.encode(key.as_dict(private=True))
        return SigningKey(
            kid=kid, alg=self._algorithm, public_jwk=key.as_dict(private=False),
            private_sealed=self._sealer.seal(private), state=state, changed_at=now,
        )  # fmt: skip

    async def write(self, claims: AccessClaims) -> str:
        """Return a token signed with the active key. Raises NoSigningKey."""
        stored, key = await self._active()
        body = {
            "iss": self._issuer, "aud": self._issuer, "sub": str(claims.user_id), "client_id": "efir",
            "sid": str(claims.session_id), "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()), "auth_time": int(claims.auth_time.timestamp()),
            "aal": claims.aal, "amr": claims.amr, "jti": secrets.token_urlsafe(12),
        }  # fmt: skip
        if claims.actor_id is not None:
            body["act"] = {"sub": str(claims.actor_id), "sid": str(claims.actor_session_id)}
        header = {"alg": stored.alg, "kid": stored.kid, "typ": TYPE}
        return jwt.encode(header, body, key, algorithms=[stored.alg])

    async def read(self, token: str, *, now: datetime) -> AccessClaims:
        """Verify signature, algorithm, type, issuer, audience and times, and return the claims. Raises InvalidToken."""
        if len(token) > MAX_SIZE:
            raise InvalidToken
        kid = _kid(token)
        stored, key = await self._find_key(kid)
        try:
            read = jwt.decode(token, key, algorithms=[stored.alg])
            claims = msgspec.convert(read.claims, _Claims)
        except (JoseError, ValueError, msgspec.ValidationError) as error:
            raise InvalidToken from error
        at = now.timestamp()
        timely = claims.iat <= at + SKEW and at < claims.exp + SKEW and 0 < claims.exp - claims.iat <= self._longest
        if claims.iss != self._issuer or claims.aud != self._issuer or not timely:
            raise InvalidToken
        act = claims.act
        return AccessClaims(
            user_id=claims.sub, session_id=claims.sid, issued_at=_moment(claims.iat), expires_at=_moment(claims.exp),
            auth_time=_moment(min(claims.auth_time, claims.iat)), aal=claims.aal, amr=claims.amr, kid=kid,
            actor_id=None if act is None else act.sub, actor_session_id=None if act is None else act.sid,
        )  # fmt: skip

    async def publish_keys(self) -> Published:
        """Return the public keys for verifying tokens, without a key that was compromised a moment ago."""
        await self._refresh(0)
        return Published([stored.public_jwk for stored, _ in self._keys.values()])

    async def _active(self) -> tuple[SigningKey, Any]:
        """Return the active key, read anew: a token signed with a key that was just dropped would be invalid."""
        await self._refresh(0)
        for found in self._keys.values():
            if found[0].state == "active":
                return found
        raise NoSigningKey(retry_after=2)

    async def _find_key(self, kid: str) -> tuple[SigningKey, Any]:
        await self._refresh(FRESH)
        if kid not in self._keys:
            await self._refresh(LOOKS)
        found = self._keys.get(kid)
        if found is None:
            raise InvalidToken
        return found

    async def _refresh(self, older_than: float) -> None:
        if time.monotonic() - self._read_at < older_than:
            return
        loaded = await self._load()
        known = {kid: key for kid, (_, key) in self._keys.items()}
        self._keys = {stored.kid: (stored, known.get(stored.kid) or self._open_key(stored)) for stored in loaded}
        self._read_at = time.monotonic()

    def _open_key(self, stored: SigningKey) -> Any:
        return import_key(msgspec.json.decode(self._sealer.unseal(stored.private_sealed)))


def _kid(token: str) -> str:
    """Return the key id from the unverified header, which must have exactly `alg`, `kid` and `typ`."""
    header: Any = None
    try:
        header = msgspec.json.decode(_decode_part(token.partition(".")[0]))
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise InvalidToken from error
    if not isinstance(header, dict) or set(header) != HEADER or header["typ"] != TYPE:
        raise InvalidToken
    if not isinstance(header["kid"], str):
        raise InvalidToken
    return header["kid"]


def _decode_part(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
