"""The pages of signing up, and of what a person says about themselves."""

from efir.drivers.web.accounts.avatars import AvatarPages
from efir.drivers.web.accounts.deletion import DeletionPages, RestorationPages
from efir.drivers.web.accounts.email_verification import ConfirmationPages, EmailPages
from efir.drivers.web.accounts.exports import ExportPages
from efir.drivers.web.accounts.passwords import ForgottenPasswordPages, PasswordPages
from efir.drivers.web.accounts.profiles import ProfilePages
from efir.drivers.web.accounts.registration_codes import RegistrationCodePages
from efir.drivers.web.accounts.registration_pictures import RegistrationPicturePages
from efir.drivers.web.accounts.registrations import RegistrationPages

PAGES = (
    AvatarPages,
    DeletionPages,
    RestorationPages,
    ConfirmationPages,
    EmailPages,
    ExportPages,
    PasswordPages,
    ForgottenPasswordPages,
    ProfilePages,
    RegistrationCodePages,
    RegistrationPicturePages,
    RegistrationPages,
)
