"""The pages of signing in, and of what a person signs in with."""

from efir.drivers.web.auth.api_tokens import ApiTokenPages
from efir.drivers.web.auth.credentials import SecurityPages
from efir.drivers.web.auth.devices import DevicePages, LoginHistoryPages
from efir.drivers.web.auth.identities import IdentityPages
from efir.drivers.web.auth.mfa_verification import SecondStepPages
from efir.drivers.web.auth.passkeys import PasskeyPages
from efir.drivers.web.auth.second_factors import SecondFactorPages
from efir.drivers.web.auth.sessions import SessionPages

PAGES = (
    ApiTokenPages,
    SecurityPages,
    DevicePages,
    LoginHistoryPages,
    IdentityPages,
    SecondStepPages,
    PasskeyPages,
    SecondFactorPages,
    SessionPages,
)
