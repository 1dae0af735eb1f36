"""Accounts over HTTP."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from efir.application.context import Call
from efir.application.users import get_me, register_user
from efir.domain.channels import HandleTaken
from efir.domain.errors import Unavailable
from efir.domain.sessions import NoSession, ScopeMissing
from efir.domain.users import InvalidUser, NicknameTaken
from efir.drivers.http.bodies import NewUser
from efir.drivers.http.problems import raises
from efir.ports.users import MeView, UserView

TAGS = ["Accounts"]


@post(
    "/api/v1/users",
    operation_id="registerUser",
    tags=TAGS,
    responses=raises(InvalidUser, NicknameTaken, HandleTaken, Unavailable),
)
async def register(data: JSONBody[NewUser], call: NamedDependency[Call]) -> UserView:
    """Make an account with its channel."""
    return await register_user(
        call.ports, email=data.email, nickname=data.nickname, password=data.password, display_name=data.display_name,
        now=call.now,
    )  # fmt: skip


@get("/api/v1/users/me", operation_id="getMe", tags=TAGS, responses=raises(NoSession, ScopeMissing))
async def me(call: NamedDependency[Call]) -> MeView:
    """Show the own account."""
    return await get_me(call.ports, user_id=call.user("account.read"))


HANDLERS = [register, me]
