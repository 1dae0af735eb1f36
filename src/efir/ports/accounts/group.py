"""The ports and rules of the instance that accounts need."""

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
    """How email addresses are read, and when one is asked for and has to be confirmed."""

    addresses: EmailParser
    email_check: EmailCheck
    require_email: RequireEmail


class AccountRepositories(Protocol):
    """What is changed of profiles, proofs of mailboxes and registrations."""

    @property
    def profiles(self) -> ProfileRepository: ...

    @property
    def proofs(self) -> ProofRepository: ...

    @property
    def registrations(self) -> RegistrationRepository: ...


class AccountReadModels(Protocol):
    """What is read of profiles, proofs of mailboxes and registrations."""

    @property
    def registrations(self) -> RegistrationViews: ...

    @property
    def profiles(self) -> ProfileViews: ...

    @property
    def exports(self) -> ExportViews: ...
