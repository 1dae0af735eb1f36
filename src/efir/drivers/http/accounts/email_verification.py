"""Addresses over HTTP: confirming and changing them."""

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.accounts.email_verification import change_email, confirm_email, resend_confirmation
from efir.application.context import Call
from efir.domain.accounts.email_verification import EmailConfirmed, EmailTaken, ProofGone, WrongCode
from efir.domain.auth.sessions import CsrfFailed, NoSession, StepUpNeeded
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.mail import MailsTooMany
from efir.domain.users import InvalidUser, WrongPassword
from efir.drivers.http.accounts.bodies import ChangedEmail, MailboxProof
from efir.drivers.http.kernel.problems import raises


class EmailVerificationController(Controller):
    """The own address."""

    path = "/api/v1/auth/email"
    tags = ("Accounts",)
    opt = SIGNED_IN

    @post(
        "/confirm",
        opt=PUBLIC,
        operation_id="confirmEmail",
        status_code=204,
        responses=raises(ProofGone, WrongCode, EmailTaken),
    )
    async def confirm(self, data: JSONBody[MailboxProof], call: NamedDependency[Call]) -> None:
        """Confirm an address by the link or code that was sent to it."""
        found = call.credential
        person = None if found is None or found.session_id is None else UserId(found.user_id)
        await confirm_email(call.ports, person=person, token=data.token, code=data.code, now=call.now)

    @post(
        "/resend",
        operation_id="resendEmailConfirmation",
        status_code=204,
        responses=raises(NoSession, CsrfFailed, EmailConfirmed, MailsTooMany),
    )
    async def resend(self, call: NamedDependency[Call]) -> None:
        """Send a fresh link and code; earlier ones become invalid."""
        await resend_confirmation(call.ports, user_id=UserId(call.session().user_id), now=call.now)

    @post(
        "/change",
        operation_id="changeEmail",
        status_code=204,
        responses=raises(NoSession, CsrfFailed, InvalidUser, WrongPassword, StepUpNeeded, MailsTooMany, Throttled),
    )
    async def change(self, data: JSONBody[ChangedEmail], call: NamedDependency[Call]) -> None:
        """Send a link and a code to a new address; it becomes the account's once it is confirmed."""
        await change_email(
            call.ports, credential=call.session(), email=data.email, password=data.current_password, now=call.now
        )
