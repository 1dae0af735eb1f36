"""The own picture over HTTP."""

from litestar import Controller, delete, get, patch, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from efir.application.access.requirements import SIGNED_IN
from efir.application.accounts.avatars import crop_avatar, find_working_copy, put_avatar, remove_avatar
from efir.application.context import Call
from efir.domain.auth.sessions import CsrfFailed, NoSession, ScopeMissing
from efir.domain.pictures.crops import InvalidCrop, parse_crop
from efir.domain.pictures.picture import PictureGone, PictureNotCuttable, PicturesBusy, PicturesTooMany
from efir.drivers._asgi.files import FileAnswer
from efir.drivers.http.kernel.bodies import Crop
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
from efir.ports.pictures import AvatarView


class AvatarController(Controller):
    """The own picture."""

    path = "/api/v1/users/me/avatar"
    tags = ("Accounts",)
    opt = SIGNED_IN

    @put(
        operation_id="putMyAvatar",
        operation_class=Taking,
        opt=STREAMED,
        request_max_body_size=None,
        responses=raises(NoSession, ScopeMissing, CsrfFailed, *TAKING, PicturesTooMany),
    )
    async def put_my_avatar(self, request: Asked, call: NamedDependency[Call], crop: CropQuery = None) -> AvatarView:
        """Upload your avatar: it is cropped to a square and stored as WebP in four sizes; the original is not kept."""
        user_id = call.user("account.write")
        async with sent_picture(request, call, crop) as (body, box):
            return await put_avatar(call.ports, user_id=user_id, body=body, crop=box, now=call.now)

    @patch(
        operation_id="cropMyAvatar",
        responses=raises(
            NoSession,
            ScopeMissing,
            CsrfFailed,
            PictureNotCuttable,
            InvalidCrop,
            PicturesTooMany,
            PictureGone,
            PicturesBusy,
        ),
    )
    async def crop_my_avatar(self, data: JSONBody[Crop], call: NamedDependency[Call]) -> AvatarView:
        """Change the avatar's crop, without uploading the picture again, within an hour."""
        box = parse_crop(data.x, data.y, data.size)
        return await crop_avatar(call.ports, user_id=call.user("account.write"), crop=box, now=call.now)

    @get("/working.webp", include_in_schema=False)
    async def my_working_copy(self, call: NamedDependency[Call]) -> FileAnswer:
        """Send what the own picture can be cut from, to its owner."""
        file = await find_working_copy(call.ports, user_id=call.user("account.write"))
        return picture_answer(call, file, "private, no-store")

    @delete(operation_id="deleteMyAvatar", responses=raises(NoSession, ScopeMissing))
    async def delete_my_avatar(self, call: NamedDependency[Call]) -> None:
        """Remove the avatar."""
        await remove_avatar(call.ports, user_id=call.user("account.write"))
