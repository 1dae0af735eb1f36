"""The ports and rules of the instance that accounts need."""

from dataclasses import dataclass

from efir.domain.accounts.registrations import EmailCheck, RequireEmail
from efir.ports.users import Addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPorts:
    """How email addresses are read, and when one is asked for and has to be confirmed."""

    addresses: Addresses
    email_check: EmailCheck
    require_email: RequireEmail
