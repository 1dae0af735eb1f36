"""The pages of administration."""

from efir.drivers.web.access.accounts import AccountPages
from efir.drivers.web.access.administration import AdministrationPages, AuditPages, SetupPages
from efir.drivers.web.access.impersonation import ImpersonationPages
from efir.drivers.web.access.mfa_recovery import MfaRecoveryPages
from efir.drivers.web.access.roles import RolePages

PAGES = (
    AccountPages,
    AdministrationPages,
    AuditPages,
    SetupPages,
    ImpersonationPages,
    MfaRecoveryPages,
    RolePages,
)
