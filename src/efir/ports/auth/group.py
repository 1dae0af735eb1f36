"""Ports of authentication, grouped for use cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from efir.ports.auth.identities import IdentityRepository, IdentityViews
from efir.ports.auth.login_history import LoginRepository, LoginViews
from efir.ports.auth.oidc import Provider
from efir.ports.auth.passkeys import Ceremonies, PasskeyRepository, PasskeyViews
from efir.ports.auth.passwords import Passwords
from efir.ports.auth.second_factors import AppCodes, SecondFactorRepository, SecondFactorViews
from efir.ports.auth.sessions import SessionRepository, SessionViews
from efir.ports.auth.signing_keys import AccessTokens, SigningKeyRepository, SigningKeyViews


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthPorts:
    """Ports that verify identity; `providers` maps names to the providers that users may sign in with."""

    passwords: Passwords
    app_codes: AppCodes
    ceremonies: Ceremonies
    providers: Mapping[str, Provider]
    access_tokens: AccessTokens
    access_token_life: timedelta


class AuthRepositories(Protocol):
    """Repositories of sessions, second factors, passkeys, identities, sign-ins and signing keys."""

    @property
    def sessions(self) -> SessionRepository: ...

    @property
    def second_factors(self) -> SecondFactorRepository: ...

    @property
    def passkeys(self) -> PasskeyRepository: ...

    @property
    def identities(self) -> IdentityRepository: ...

    @property
    def logins(self) -> LoginRepository: ...

    @property
    def signing_keys(self) -> SigningKeyRepository: ...


class AuthReadModels(Protocol):
    """Read models of sessions, second factors, passkeys, identities, sign-ins and signing keys."""

    @property
    def sessions(self) -> SessionViews: ...

    @property
    def second_factors(self) -> SecondFactorViews: ...

    @property
    def passkeys(self) -> PasskeyViews: ...

    @property
    def identities(self) -> IdentityViews: ...

    @property
    def logins(self) -> LoginViews: ...

    @property
    def signing_keys(self) -> SigningKeyViews: ...
