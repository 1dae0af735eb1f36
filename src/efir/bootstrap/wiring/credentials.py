"""Wiring of sign-in and accounts, and the connection to Valkey."""

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
    """Return the ports of sign-in. Raises SettingsRefused."""
    return AuthPorts(
        passwords=Argon2Passwords(sealer, cost_of(settings.limits)),
        app_codes=PyotpAppCodes(sealer, issuer=urlsplit(settings.origin).netloc),
        ceremonies=ceremonies_of(settings),
        providers=providers,
        access_tokens=access_tokens_of(settings, database, sealer),
        access_token_life=access_token_life(settings),
    )


def account_ports(settings: Settings) -> AccountPorts:
    """Return the ports of accounts: the parser of email addresses, and when addresses may be checked."""
    return AccountPorts(
        addresses=ValidatedEmailParser(),
        email_check=settings.auth.email_check,
        require_email=settings.auth.require_email,
    )


def cost_of(limits: Limits) -> Cost:
    """Return the cost of a password hash."""
    return Cost(
        passes=limits.password_passes, memory_kib=limits.password_memory_kib, pool_bytes=limits.password_pool_bytes
    )


def ceremonies_of(settings: Settings) -> Ceremonies:
    """Return the ceremonies of passkeys for the public address; the library is loaded on first use."""

    def make_ceremonies() -> Ceremonies:
        from efir.adapters.secrets.passkeys import WebauthnCeremonies

        return WebauthnCeremonies(settings.origin, seconds=settings.limits.challenge_seconds)

    return lazy(make_ceremonies)


@asynccontextmanager
async def valkey_of(url: str) -> AsyncIterator[Valkey]:
    """Yield the connection to Valkey for short commands; it is opened on first use."""
    valkey = Valkey(url)
    try:
        yield valkey
    finally:
        await valkey.close()


def access_token_life(settings: Settings) -> timedelta:
    """Return the lifetime of an access token. Raises SettingsRefused."""
    minutes = settings.auth.access_token_minutes
    if not 1 <= minutes <= MAX_LIFE:
        raise SettingsRefused(f"EFIR_AUTH__ACCESS_TOKEN_MINUTES is between 1 and {MAX_LIFE}.")
    return timedelta(minutes=minutes)


def access_tokens_of(settings: Settings, database: Database, sealer: Sealer) -> JoseAccessTokens:
    """Return the access tokens, signed with keys that are stored sealed in the database."""

    async def load() -> list[SigningKey]:
        async with database.read() as views:
            return await views.signing_keys.list_usable()

    return JoseAccessTokens(
        load, sealer, issuer=settings.origin, algorithm=settings.auth.jwt_algorithm,
        longest=timedelta(minutes=MAX_LIFE),
    )  # fmt: skip
