"""What the API has of accounts."""

from efir.drivers.http.accounts.accounts import AccountsController, ClosedAccountsController
from efir.drivers.http.accounts.administration import AccountAdministrationController, AuditController
from efir.drivers.http.accounts.avatars import AvatarController
from efir.drivers.http.accounts.email_verification import EmailVerificationController
from efir.drivers.http.accounts.exports import ExportsController
from efir.drivers.http.accounts.passwords import PasswordsController
from efir.drivers.http.accounts.registration_pictures import (
    RegistrationAvatarController,
    RegistrationPicturesController,
)
from efir.drivers.http.accounts.registrations import RegistrationsController
from efir.drivers.http.kernel.controllers import Controllers

HANDLERS: Controllers = (
    AccountsController,
    ClosedAccountsController,
    AvatarController,
    RegistrationsController,
    RegistrationAvatarController,
    RegistrationPicturesController,
    EmailVerificationController,
    PasswordsController,
    ExportsController,
    AccountAdministrationController,
    AuditController,
)
