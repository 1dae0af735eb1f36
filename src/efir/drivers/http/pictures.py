"""Pictures over HTTP: WebP for everybody and every cache."""

from uuid import UUID

from litestar import Controller, HttpMethod, route
from litestar.di import NamedDependency
from litestar.params import FromPath

from efir.application.context import Call
from efir.application.pictures import find_picture
from efir.domain.pictures.picture import PictureId
from efir.drivers._asgi.files import IMMUTABLE, FileAnswer
from efir.drivers._asgi.route_options import ANONYMOUS
from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.kernel.picture_bodies import picture_answer, side_of


class PicturesController(Controller):
    """Pictures of people."""

    path = "/i"
    opt = ANONYMOUS
    include_in_schema = False

    @route("/{picture_id:uuid}/{name:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD])
    async def picture(self, picture_id: FromPath[UUID], name: FromPath[str], call: NamedDependency[Call]) -> FileAnswer:
        """Send one size of a picture that somebody keeps; it never changes under its address."""
        side = side_of(name)
        return picture_answer(
            call, await find_picture(call.ports, picture_id=PictureId(picture_id), side=side), IMMUTABLE
        )


HANDLERS: Controllers = (PicturesController,)
