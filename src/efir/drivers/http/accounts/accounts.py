"""Accounts over HTTP."""

from litestar import delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.accounts.avatars import crop_avatar, find_working_copy, put_avatar, remove_avatar
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
from efir.domain.pictures.crops import InvalidCrop, parse_crop
from efir.domain.pictures.picture import PictureGone, PictureNotCuttable, PicturesBusy, PicturesTooMany
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
from efir.drivers._asgi.files import FileAnswer
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.accounts.bodies import ChangedProfile, NewUser, Presence
from efir.drivers.http.kernel.bodies import Credentials, Crop
from efir.drivers.http.kernel.picture_bodies import (
    STREAMED,
    TAKING,
    Asked,
    CropQuery,
    Taking,
    picture_answer,
    sent_picture,
)
from efir.drivers.http.kernel.problems import raises
from efir.ports.accounts.profiles import ProfileChange, ProfileView
from efir.ports.pictures import AvatarView
from efir.ports.users import MeView, UserView

TAGS = ["Accounts"]


@post(
    "/api/v1/users",
    opt=PUBLIC,
    operation_id="registerUser",
    tags=TAGS,
    responses=raises(InvalidUser, NicknameTaken, HandleTaken, RegistrationInStepsOnly, Throttled, Unavailable),
)
async def register(data: JSONBody[NewUser], call: NamedDependency[Call]) -> UserView:
    """Make an account with its channel."""
    return await register_user(
        call.ports, email=data.email, nickname=data.nickname, password=data.password, display_name=data.display_name,
        visitor=call.visitor, now=call.now, locale=data.locale,
    )  # fmt: skip


@get("/api/v1/users/me", opt=SIGNED_IN, operation_id="getMe", tags=TAGS, responses=raises(NoSession, ScopeMissing))
async def me(call: NamedDependency[Call]) -> MeView:
    """Show the own account."""
    return await get_me(call.ports, user_id=call.user("account.read"))


@patch(
    "/api/v1/users/me",
    opt=SIGNED_IN,
    operation_id="updateMe",
    tags=TAGS,
    responses=raises(NoSession, InvalidUser, PhoneTaken, NicknameTaken, NicknameChangedRecently),
)
async def change_me(data: JSONBody[ChangedProfile], call: NamedDependency[Call]) -> MeView:
    """Change the own account; null removes the phone number."""
    change = ProfileChange(
        display_name=None if data.display_name is UNSET else data.display_name,
        locale=None if data.locale is UNSET else data.locale,
        phone=None if data.phone is UNSET else data.phone or "",
    )
    nickname = None if data.nickname is UNSET else data.nickname
    user_id = call.user("account.write")
    return await update_me(call.ports, user_id=user_id, change=change, nickname=nickname, now=call.now)


@delete(
    "/api/v1/users/me",
    opt=SIGNED_IN,
    operation_id="deleteMe",
    tags=TAGS,
    responses=raises(NoSession, CsrfFailed, StepUpNeeded, WrongPassword, Throttled, LastAdministrator),
)
async def remove_me(call: NamedDependency[Call], data: JSONBody[Presence | None] = None) -> None:
    """Close the own account at once; for 14 days it can be kept, then it is emptied."""
    password = None if data is None else data.current_password
    await delete_me(call.ports, credential=call.session(), password=password, now=call.now)


@post(
    "/api/v1/auth/restore",
    operation_id="restoreMe",
    tags=TAGS,
    status_code=204,
    opt=ANONYMOUS,
    responses=raises(WrongCredentials, UserBanned, NotPending, Throttled),
)
async def restore(data: JSONBody[Credentials], call: NamedDependency[Call]) -> None:
    """Keep an account that was about to be emptied; sign in afterwards."""
    await restore_user(call.ports, login=data.login, password=data.password, visitor=call.visitor, now=call.now)


@get("/api/v1/users/{nickname:str}", opt=PUBLIC, operation_id="getUser", tags=TAGS, responses=raises(UserNotFound))
async def profile(nickname: FromPath[str], call: NamedDependency[Call]) -> ProfileView:
    """Show what everybody may know of somebody."""
    return await get_profile(call.ports, nickname=nickname)


@put(
    "/api/v1/users/me/avatar", operation_id="putMyAvatar", operation_class=Taking, tags=TAGS, opt=SIGNED_IN | STREAMED,
    request_max_body_size=None, responses=raises(NoSession, ScopeMissing, CsrfFailed, *TAKING, PicturesTooMany),
)  # fmt: skip
async def put_my_avatar(request: Asked, call: NamedDependency[Call], crop: CropQuery = None) -> AvatarView:
    """Send a picture of oneself: cut square, kept as WebP in four sizes, the original forgotten."""
    user_id = call.user("account.write")
    async with sent_picture(request, call, crop) as (body, box):
        return await put_avatar(call.ports, user_id=user_id, body=body, crop=box, now=call.now)


@patch(
    "/api/v1/users/me/avatar", opt=SIGNED_IN, operation_id="cropMyAvatar", tags=TAGS,
    responses=raises(
        NoSession, ScopeMissing, CsrfFailed, PictureNotCuttable, InvalidCrop, PicturesTooMany, PictureGone, PicturesBusy
    ),
)  # fmt: skip
async def crop_my_avatar(data: JSONBody[Crop], call: NamedDependency[Call]) -> AvatarView:
    """Cut the picture differently, without sending it again, within an hour."""
    box = parse_crop(data.x, data.y, data.size)
    return await crop_avatar(call.ports, user_id=call.user("account.write"), crop=box, now=call.now)


@get("/api/v1/users/me/avatar/working.webp", opt=SIGNED_IN, include_in_schema=False)
async def my_working_copy(call: NamedDependency[Call]) -> FileAnswer:
    """Send what the own picture can be cut from, to its owner."""
    file = await find_working_copy(call.ports, user_id=call.user("account.write"))
    return picture_answer(call, file, "private, no-store")


@delete(
    "/api/v1/users/me/avatar",
    opt=SIGNED_IN,
    operation_id="deleteMyAvatar",
    tags=TAGS,
    responses=raises(NoSession, ScopeMissing),
)
async def delete_my_avatar(call: NamedDependency[Call]) -> None:
    """Go without a picture."""
    await remove_avatar(call.ports, user_id=call.user("account.write"))


HANDLERS = [
    register,
    me,
    change_me,
    remove_me,
    restore,
    profile,
    put_my_avatar,
    crop_my_avatar,
    my_working_copy,
    delete_my_avatar,
]
