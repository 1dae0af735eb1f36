"""The ports of signing in, and the connection to Valkey."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from efir.adapters.postgres.transactions import Database
from efir.adapters.redis.connection import Valkey
from efir.adapters.secrets.access_tokens import JoseAccessTokens
from efir.adapters.secrets.app_codes import PyotpAppCodes
from efir.adapters.secrets.email_addresses import ValidatedEmailParser
from efir.adapters.secrets.passwords import Argon2Passwords, Cost
from efir.adapters.secrets.sealing import Sealer
from efir.bootstrap.wiring.lazy_adapter import lazy
from efir.domain.kernel.limits import Limits
from efir.ports.accounts.group import AccountPorts
from efir.ports.auth.group import AuthPorts
from efir.ports.auth.oidc import Provider
from efir.ports.auth.passkeys import Ceremonies
from efir.ports.auth.signing_keys import SigningKey
from efir.settings import Settings, SettingsRefused

MAX_LIFE = 60  # minutes of an access token


def auth_ports(settings: Settings, database: Database, sealer: Sealer, providers: Mapping[str, Provider]) -> AuthPorts:
    """Wire what signing in needs. Raises SettingsRefused."""
    return AuthPorts(
        passwords=Argon2Passwords(sealer, cost_of(settings.limits)),
        app_codes=PyotpAppCodes(sealer, issuer=urlsplit(settings.origin).netloc),
        ceremonies=ceremonies_of(settings),
        providers=providers,
        access_tokens=access_tokens_of(settings, database, sealer),
        access_token_life=access_token_life(settings),
    )


def account_ports(settings: Settings) -> AccountPorts:
    """Wire how email addresses are read, and when one is asked for."""
    return AccountPorts(
        addresses=ValidatedEmailParser(),
        email_check=settings.auth.email_check,
        require_email=settings.auth.require_email,
    )


def cost_of(limits: Limits) -> Cost:
    """What a password hash costs."""
    return Cost(
        passes=limits.password_passes, memory_kib=limits.password_memory_kib, pool_bytes=limits.password_pool_bytes
    )


def ceremonies_of(settings: Settings) -> Ceremonies:
    """Passkeys of the public address; the library is loaded with the first of them."""

    def make_ceremonies() -> Ceremonies:
        from efir.adapters.secrets.passkeys import WebauthnCeremonies

        return WebauthnCeremonies(settings.origin, seconds=settings.limits.challenge_seconds)

    return lazy(make_ceremonies)


@asynccontextmanager
async def valkey_of(url: str) -> AsyncIterator[Valkey]:
    """Short questions to Valkey; connections are made when first needed."""
    valkey = Valkey(url)
    try:
        yield valkey
    finally:
        await valkey.close()


def access_token_life(settings: Settings) -> timedelta:
    """How long an access token lives. Raises SettingsRefused."""
    minutes = settings.auth.access_token_minutes
    if not 1 <= minutes <= MAX_LIFE:
        raise SettingsRefused(f"EFIR_AUTH__ACCESS_TOKEN_MINUTES is between 1 and {MAX_LIFE}.")
    return timedelta(minutes=minutes)


def access_tokens_of(settings: Settings, database: Database, sealer: Sealer) -> JoseAccessTokens:
    """Access tokens, signed with keys that lie sealed in the database."""

    async def load() -> list[SigningKey]:
        async with database.read() as views:
            return await views.signing_keys.list_usable()

    return JoseAccessTokens(
        load, sealer, issuer=settings.origin, algorithm=settings.auth.jwt_algorithm,
        longest=timedelta(minutes=MAX_LIFE),
    )  # fmt: skip
