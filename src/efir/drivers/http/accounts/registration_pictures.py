"""Pictures of registrations over HTTP: whoever holds the ticket sends and sees them."""

from uuid import UUID

from litestar import Controller, HttpMethod, Response, delete, patch, put, route
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.registration_pictures import (
    crop_draft_avatar,
    find_draft_picture,
    put_draft_avatar,
    remove_draft_avatar,
)
from efir.application.accounts.registrations import (
    ticket_hash,
)
from efir.application.context import Call
from efir.application.pictures import WORKING
from efir.domain.accounts.registrations import (
    RegistrationPicturesTooMany,
)
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.pictures.crops import InvalidCrop, parse_crop
from efir.domain.pictures.picture import PictureNotCuttable, PictureOvertaken, StagingFull
from efir.drivers._asgi.files import FileAnswer
from efir.drivers._asgi.route_options import ANONYMOUS, FORM
from efir.drivers.http.accounts.registration_requests import NO_STORE, ONE, OPEN, PATH, require_ticket
from efir.drivers.http.kernel.bodies import Crop
from efir.drivers.http.kernel.picture_bodies import (
    TAKING,
    Asked,
    CropQuery,
    Taking,
    picture_answer,
    sent_picture,
    side_of,
)
from efir.drivers.http.kernel.problems import raises
from efir.ports.pictures import AvatarView

PATH_OF_AVATAR = f"{PATH}{ONE}/avatar"
PRIVATE = "private, no-store"
DRAFT = (*OPEN, *TAKING, Throttled, RegistrationPicturesTooMany, PictureOvertaken, StagingFull)


class RegistrationAvatarController(Controller):
    """The picture of somebody who has no account yet."""

    path = PATH_OF_AVATAR
    tags = ("Registrations",)
    opt = PUBLIC | FORM

    @put(
        operation_id="putRegistrationAvatar",
        operation_class=Taking,
        opt={"streams": True},
        request_max_body_size=None,
        responses=raises(*DRAFT),
    )
    async def put_avatar(
        self, request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call], crop: CropQuery = None
    ) -> Response[AvatarView]:
        """Upload an avatar before there is an account; the one before stays until this one is good."""
        ticket = ticket_hash(require_ticket(request, call))
        async with sent_picture(request, call, crop) as (body, box):
            view = await put_draft_avatar(
                call.ports,
                ticket=ticket,
                registration_id=registration_id,
                body=body,
                crop=box,
                visitor=call.visitor,
                now=call.now,
            )
        return Response(view, headers=NO_STORE)

    @patch(operation_id="cropRegistrationAvatar", responses=raises(*DRAFT, PictureNotCuttable, InvalidCrop))
    async def crop_avatar(
        self, request: Asked, registration_id: FromPath[UUID], data: JSONBody[Crop], call: NamedDependency[Call]
    ) -> Response[AvatarView]:
        """Change the avatar's crop, without uploading the picture again."""
        ticket = ticket_hash(require_ticket(request, call))
        box = parse_crop(data.x, data.y, data.size)
        view = await crop_draft_avatar(
            call.ports, ticket=ticket, registration_id=registration_id, crop=box, now=call.now
        )
        return Response(view, headers=NO_STORE)

    @delete(operation_id="deleteRegistrationAvatar", responses=raises(*OPEN))
    async def delete_avatar(self, request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Remove the avatar."""
        ticket = ticket_hash(require_ticket(request, call))
        await remove_draft_avatar(call.ports, ticket=ticket, registration_id=registration_id, now=call.now)


class RegistrationPicturesController(Controller):
    """The files of such a picture."""

    path = f"{PATH_OF_AVATAR}/{{picture_id:uuid}}"
    opt = ANONYMOUS
    include_in_schema = False

    @route("/{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def draft_picture(
        self,
        request: Asked,
        registration_id: FromPath[UUID],
        picture_id: FromPath[UUID],
        name: FromPath[str],
        call: NamedDependency[Call],
    ) -> FileAnswer:
        """Send one size of a draft's picture, or its working copy, to who holds the ticket."""
        side = None if name == WORKING else side_of(name)
        file = await find_draft_picture(
            call.ports, ticket=ticket_hash(require_ticket(request, call)), registration_id=registration_id,
            picture_id=picture_id, side=side, now=call.now,
        )  # fmt: skip
        return picture_answer(call, file, PRIVATE)
