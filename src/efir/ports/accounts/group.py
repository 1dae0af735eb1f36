"""Ports and instance-wide rules of accounts, grouped for use cases."""

from dataclasses import dataclass
from typing import Protocol

from efir.domain.accounts.registrations import EmailCheck, RequireEmail
from efir.ports.accounts.email_verification import ProofRepository
from efir.ports.accounts.exports import ExportViews
from efir.ports.accounts.profiles import ProfileRepository, ProfileViews
from efir.ports.accounts.registrations import RegistrationRepository, RegistrationViews
from efir.ports.users import EmailParser


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPorts:
    """The parser of email addresses, and the rules for checking and confirming them."""

    addresses: EmailParser
    email_check: EmailCheck
    require_email: RequireEmail


class AccountRepositories(Protocol):
    """Repositories of profiles, email proofs and registrations."""

    @property
    def profiles(self) -> ProfileRepository: ...

    @property
    def proofs(self) -> ProofRepository: ...

    @property
    def registrations(self) -> RegistrationRepository: ...


class AccountReadModels(Protocol):
    """Read models of registrations, profiles and data exports."""

    @property
    def registrations(self) -> RegistrationViews: ...

    @property
    def profiles(self) -> ProfileViews: ...

    @property
    def exports(self) -> ExportViews: ...
