"""The ports of signing in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from efir.ports.auth.oidc import Provider
from efir.ports.auth.passkeys import Ceremonies
from efir.ports.auth.passwords import Passwords
from efir.ports.auth.second_factors import AppCodes
from efir.ports.auth.signing_keys import AccessTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPorts:
    """What proves who somebody is; `providers` are those people may sign in with, by name."""

    passwords: Passwords
    app_codes: AppCodes
    ceremonies: Ceremonies
    providers: Mapping[str, Provider]
    access_tokens: AccessTokens
    access_token_life: timedelta
