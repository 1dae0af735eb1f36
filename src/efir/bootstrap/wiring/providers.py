"""Wiring of identity providers from the settings; their libraries are loaded only when there is one."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from efir.adapters.links import SiteLinks
from efir.adapters.secrets.sealing import Sealer
from efir.ports.auth.oidc import Provider
from efir.settings import OidcProvider, Settings, SettingsRefused

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"})
PATIENCE = 5.0  # seconds


@asynccontextmanager
async def providers_of(settings: Settings, sealer: Sealer) -> AsyncIterator[Mapping[str, Provider]]:
    """Yield the providers; none is contacted before its first use. Raises SettingsRefused."""
    for name, provider in settings.oidc.items():
        check(name, provider)
    if not settings.oidc:
        yield {}
        return
    import httpx

    from efir.adapters.oidc.client import OidcProvider as Client
    from efir.adapters.oidc.client import Setup
    from efir.adapters.oidc.documents import is_safe_url

    async with httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False) as http:
        links, made = SiteLinks(settings.origin), dict[str, Provider]()
        for name, provider in settings.oidc.items():
            if not is_safe_url(provider.issuer):
                raise SettingsRefused(f"EFIR_OIDC__{name.upper()}__ISSUER is an https address.")
            setup = Setup(
                name=name, label=provider.label or name.title(), issuer=provider.issuer, client_id=provider.client_id,
                client_secret=provider.client_secret, scopes=provider.scopes, algorithms=algorithms(provider),
                callback=links.provider_callback(name), login=links.provider_sign_in(name),
                after_sign_out=links.after_sign_out(),
            )  # fmt: skip
            made[name] = Client(setup, http, (sealer.seal, sealer.unseal))
        yield made


def check(name: str, provider: OidcProvider) -> None:
    """Raises SettingsRefused with the name of a wrong setting."""
    prefix = f"EFIR_OIDC__{name.upper()}__"
    if not NAME.fullmatch(name):
        raise SettingsRefused(f"{prefix}…: a provider's name has letters, digits and dashes.")
    for field in ("issuer", "client_id"):
        if not getattr(provider, field):
            raise SettingsRefused(f"{prefix}{field.upper()} is missing.")
    if wrong := set(algorithms(provider)) - ALGORITHMS:
        raise SettingsRefused(f"{prefix}ALGORITHMS: {', '.join(sorted(wrong))} cannot be used.")
    if "openid" not in provider.scopes.split():
        raise SettingsRefused(f"{prefix}SCOPES must contain openid.")


def algorithms(provider: OidcProvider) -> tuple[str, ...]:
    """Return the pinned algorithms."""
    return tuple(part.strip() for part in provider.algorithms.split(",") if part.strip())
