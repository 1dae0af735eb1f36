"""Accounts over HTTP."""

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.accounts.deletion import delete_me, restore_user
from efir.application.accounts.profiles import get_profile, update_me
from efir.application.accounts.signup import get_me, register_user
from efir.application.context import Call
from efir.domain.access.roles import LastAdministrator
from efir.domain.accounts.registrations import RegistrationInStepsOnly
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing, StepUpNeeded, WrongCredentials
from efir.domain.channels import HandleTaken
from efir.domain.kernel.errors import Unavailable
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.users import (
    InvalidUser,
    NicknameChangedRecently,
    NicknameTaken,
    NotPending,
    PhoneTaken,
    UserBanned,
    UserNotFound,
    WrongPassword,
)
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.accounts.bodies import ChangedProfile, NewUser, Presence
from efir.drivers.http.kernel.bodies import Credentials
from efir.drivers.http.kernel.problems import raises
from efir.ports.accounts.profiles import ProfileChange, ProfileView
from efir.ports.users import MeView, UserView


class AccountsController(Controller):
    """Accounts: made, shown, changed, closed."""

    path = "/api/v1/users"
    tags = ("Accounts",)
    opt = SIGNED_IN

    @post(
        opt=PUBLIC,
        operation_id="registerUser",
        responses=raises(InvalidUser, NicknameTaken, HandleTaken, RegistrationInStepsOnly, Throttled, Unavailable),
    )
    async def register(self, data: JSONBody[NewUser], call: NamedDependency[Call]) -> UserView:
        """Create an account with its channel."""
        return await register_user(
            call.ports, email=data.email, nickname=data.nickname, password=data.password,
            display_name=data.display_name, visitor=call.visitor, now=call.now, locale=data.locale,
        )  # fmt: skip

    @get("/me", operation_id="getMe", responses=raises(NoSession, ScopeMissing))
    async def me(self, call: NamedDependency[Call]) -> MeView:
        """Return your account."""
        return await get_me(call.ports, user_id=call.user("account.read"))

    @patch(
        "/me",
        operation_id="updateMe",
        responses=raises(NoSession, InvalidUser, PhoneTaken, NicknameTaken, NicknameChangedRecently),
    )
    async def change_me(self, data: JSONBody[ChangedProfile], call: NamedDependency[Call]) -> MeView:
        """Change your account; null removes the phone number."""
        change = ProfileChange(
            display_name=None if data.display_name is UNSET else data.display_name,
            locale=None if data.locale is UNSET else data.locale,
            phone=None if data.phone is UNSET else data.phone or "",
        )
        nickname = None if data.nickname is UNSET else data.nickname
        user_id = call.user("account.write")
        return await update_me(call.ports, user_id=user_id, change=change, nickname=nickname, now=call.now)

    @delete(
        "/me",
        operation_id="deleteMe",
        responses=raises(NoSession, CsrfFailed, StepUpNeeded, WrongPassword, Throttled, LastAdministrator),
    )
    async def remove_me(self, call: NamedDependency[Call], data: JSONBody[Presence | None] = None) -> None:
        """Close your account at once; for 14 days it can be restored, then it is deleted."""
        password = None if data is None else data.current_password
        await delete_me(call.ports, credential=call.session(), password=password, now=call.now)

    @get("/{nickname:str}", opt=PUBLIC, operation_id="getUser", responses=raises(UserNotFound))
    async def profile(self, nickname: FromPath[str], call: NamedDependency[Call]) -> ProfileView:
        """Return what everybody may know of a user."""
        return await get_profile(call.ports, nickname=nickname)


class ClosedAccountsController(Controller):
    """Accounts that wait to be emptied."""

    path = "/api/v1/auth/restore"
    tags = ("Accounts",)
    opt = ANONYMOUS

    @post(
        operation_id="restoreMe", status_code=204, responses=raises(WrongCredentials, UserBanned, NotPending, Throttled)
    )
    async def restore(self, data: JSONBody[Credentials], call: NamedDependency[Call]) -> None:
        """Restore an account that was about to be deleted; sign in afterwards."""
        await restore_user(call.ports, login=data.login, password=data.password, visitor=call.visitor, now=call.now)
