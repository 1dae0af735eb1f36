"""Passwords over HTTP: changing and resetting them."""

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from efir.application.access.requirements import SIGNED_IN
from efir.application.accounts.passwords import ask_reset, change_password, reset_password
from efir.application.context import Call
from efir.domain.accounts.email_verification import ProofGone
from efir.domain.auth.sessions import CsrfFailed, NoSession, StepUpNeeded
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.users import InvalidUser, WrongPassword
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.accounts.bodies import ChangedPassword, ForgottenPassword, ResetPassword
from efir.drivers.http.kernel.problems import raises


class PasswordsController(Controller):
    """The own password."""

    path = "/api/v1/auth/password"
    tags = ("Accounts",)
    opt = SIGNED_IN

    @post(
        "/change",
        operation_id="changePassword",
        status_code=204,
        responses=raises(NoSession, CsrfFailed, WrongPassword, StepUpNeeded, InvalidUser, Throttled),
    )
    async def change(self, data: JSONBody[ChangedPassword], call: NamedDependency[Call]) -> None:
        """Change the password or set the first one; other login sessions end."""
        await change_password(
            call.ports, credential=call.session(), present=data.current_password, wanted=data.new_password, now=call.now
        )

    @post(
        "/forgot",
        operation_id="forgetPassword",
        status_code=204,
        opt=ANONYMOUS,
        responses=raises(InvalidUser, Throttled),
    )
    async def forgot(self, data: JSONBody[ForgottenPassword], call: NamedDependency[Call]) -> None:
        """Send a link that sets a new password; the response is the same whether the address is known or not."""
        await ask_reset(call.ports, email=data.email, visitor=call.visitor, now=call.now)

    @post(
        "/reset", operation_id="resetPassword", status_code=204, opt=ANONYMOUS, responses=raises(ProofGone, InvalidUser)
    )
    async def reset(self, data: JSONBody[ResetPassword], call: NamedDependency[Call]) -> None:
        """Set a password by the link that was sent, once; every login session ends."""
        await reset_password(call.ports, token=data.token, wanted=data.new_password, now=call.now)
