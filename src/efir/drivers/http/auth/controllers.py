"""What the API has of signing in."""

from efir.drivers.http.auth.access_tokens import AccessTokensController, SigningKeysController
from efir.drivers.http.auth.api_tokens import ApiTokensController, ScopesController
from efir.drivers.http.auth.identities import IdentitiesController
from efir.drivers.http.auth.impersonation import ImpersonationController, ImpersonationEndController
from efir.drivers.http.auth.mfa_recovery import MfaRecoveryController
from efir.drivers.http.auth.oidc import ProvidersController
from efir.drivers.http.auth.passkeys import PasskeysController
from efir.drivers.http.auth.provider_logout import ProviderLogoutController
from efir.drivers.http.auth.second_factors import MfaVerificationController, SecondFactorsController
from efir.drivers.http.auth.sessions import SessionsController
from efir.drivers.http.kernel.controllers import Controllers

HANDLERS: Controllers = (
    SessionsController,
    MfaVerificationController,
    SecondFactorsController,
    PasskeysController,
    ProvidersController,
    ProviderLogoutController,
    IdentitiesController,
    AccessTokensController,
    SigningKeysController,
    ScopesController,
    ApiTokensController,
    ImpersonationController,
    ImpersonationEndController,
    MfaRecoveryController,
)
