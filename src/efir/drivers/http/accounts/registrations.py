"""Registering in steps over HTTP: a ticket, in a cookie or a header, opens one registration and nothing else."""

from typing import Annotated, Any
from uuid import UUID

from litestar import HttpMethod, Response, delete, get, patch, post, put, route
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.availability import check_email, check_nickname
from efir.application.accounts.registration_codes import send_email_code, verify_email_code
from efir.application.accounts.registration_pictures import (
    crop_draft_avatar,
    find_draft_picture,
    put_draft_avatar,
    remove_draft_avatar,
)
from efir.application.accounts.registrations import (
    RegistrationChange,
    finish_registration,
    get_registration,
    start_registration,
    ticket_hash,
    update_registration,
)
from efir.application.auth import csrf
from efir.application.context import Call
from efir.application.pictures import WORKING
from efir.domain.accounts.email_verification import EmailTaken, ProofGone, WrongCode
from efir.domain.accounts.registrations import (
    InvalidCheck,
    RegistrationFinished,
    RegistrationNotFound,
    RegistrationPicturesTooMany,
    RegistrationUnfinished,
    TicketMissing,
    WorkRefused,
)
from efir.domain.auth.identities import IdentityTaken
from efir.domain.auth.sessions import CsrfFailed
from efir.domain.channels import HandleTaken
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.mail import MailsTooMany
from efir.domain.pictures.crops import InvalidCrop, parse_crop
from efir.domain.pictures.picture import PictureNotCuttable, PictureOvertaken, StagingFull
from efir.domain.users import InvalidUser, NicknameTaken, PhoneTaken
from efir.drivers._asgi.cookies import device_cookie, session_cookie, ticket_cookie
from efir.drivers._asgi.files import FileAnswer
from efir.drivers._asgi.registration_ticket import ticket_of
from efir.drivers._asgi.route_options import ANONYMOUS, FORM
from efir.drivers.http.accounts.bodies import ChangedRegistration, MailedCode
from efir.drivers.http.kernel.bodies import Crop, LoggedIn
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
from efir.ports.accounts.registrations import Availability, RegistrationView
from efir.ports.pictures import AvatarView

TAGS = ["Registrations"]
PATH = "/api/v1/registrations"
ONE = f"{PATH}/{{registration_id:uuid}}"
NO_STORE = {"cache-control": "no-store"}
PRIVATE = "private, no-store"
KNOWN = (TicketMissing, RegistrationNotFound)
OPEN = (*KNOWN, RegistrationFinished, CsrfFailed)
DRAFT = (*OPEN, *TAKING, Throttled, RegistrationPicturesTooMany, PictureOvertaken, StagingFull)
SHARED: Any = {"tags": TAGS, "opt": PUBLIC | FORM}

EmailQuery = Annotated[str | None, QueryParameter(description="Address to ask about.", max_length=320)]
NicknameQuery = Annotated[str | None, QueryParameter(description="Nickname to ask about.", max_length=100)]


@post(PATH, operation_id="startRegistration", responses=raises(Throttled), **SHARED)
async def start(call: NamedDependency[Call]) -> Response[RegistrationView]:
    """Open a registration; its ticket is told here, and set as a cookie."""
    call.ports.pictures.converter.expect()
    view = await start_registration(call.ports, visitor=call.visitor, now=call.now)
    headers = NO_STORE | {"location": f"{PATH}/{view.id}"}
    return Response(view, headers=headers, cookies=[ticket_cookie(call, view.ticket or "")])


@get(
    f"{PATH}/availability",
    operation_id="checkAvailability",
    responses=raises(*KNOWN, InvalidCheck),
    **SHARED,
)
async def availability(
    request: Asked, call: NamedDependency[Call], email: EmailQuery = None, nickname: NicknameQuery = None
) -> Response[Availability]:
    """Ask whether a nickname or an address can be had; a free nickname is kept for a quarter of an hour."""
    ticket = _ticket(request, call)
    if (email is None) == (nickname is None):
        raise InvalidCheck
    if nickname is not None:
        found = await check_nickname(call.ports, ticket=ticket, nickname=nickname, now=call.now)
    else:
        found = await check_email(call.ports, ticket=ticket, email=email or "", visitor=call.visitor, now=call.now)
    return Response(found, headers=NO_STORE)


@get(ONE, operation_id="getRegistration", responses=raises(*KNOWN, RegistrationFinished), **SHARED)
async def one(
    request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[RegistrationView]:
    """Show what has been told so far."""
    ticket = _ticket(request, call)
    view = await get_registration(call.ports, ticket=ticket, registration_id=registration_id, now=call.now)
    return Response(view, headers=NO_STORE)


@patch(
    ONE,
    operation_id="updateRegistration",
    responses=raises(*OPEN, InvalidUser, NicknameTaken, WorkRefused),
    **SHARED,
)
async def update(
    request: Asked, registration_id: FromPath[UUID], data: JSONBody[ChangedRegistration], call: NamedDependency[Call]
) -> Response[RegistrationView]:
    """Tell some of the answers; each is checked alone."""
    ticket = _ticket(request, call)
    change = RegistrationChange(**{name: getattr(data, name) for name in data.__struct_fields__})
    view = await update_registration(
        call.ports, ticket=ticket, registration_id=registration_id, change=change, now=call.now
    )
    return Response(view, headers=NO_STORE, cookies=[ticket_cookie(call, ticket)])


@post(
    f"{ONE}/email-code",
    operation_id="sendRegistrationCode",
    status_code=204,
    responses=raises(*OPEN, RegistrationUnfinished, MailsTooMany, Throttled),
    **SHARED,
)
async def send_code(request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
    """Mail a code to the address; whoever has an account with it is told so instead, and the answer is the same."""
    await send_email_code(
        call.ports, ticket=_ticket(request, call), registration_id=registration_id, visitor=call.visitor, now=call.now
    )


@post(
    f"{ONE}/email-code/verify",
    operation_id="verifyRegistrationCode",
    status_code=200,
    responses=raises(*OPEN, WrongCode, ProofGone),
    **SHARED,
)
async def verify_code(
    request: Asked, registration_id: FromPath[UUID], data: JSONBody[MailedCode], call: NamedDependency[Call]
) -> Response[RegistrationView]:
    """Confirm the address by the code that was mailed; five wrong ones end it."""
    view = await verify_email_code(
        call.ports, ticket=_ticket(request, call), registration_id=registration_id, code=data.code, now=call.now
    )
    return Response(view, headers=NO_STORE)


@put(
    f"{ONE}/avatar", operation_id="putRegistrationAvatar", operation_class=Taking, tags=TAGS,
    opt=PUBLIC | FORM | {"streams": True}, request_max_body_size=None, responses=raises(*DRAFT),
)  # fmt: skip
async def put_avatar(
    request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call], crop: CropQuery = None
) -> Response[AvatarView]:
    """Send a picture before there is an account; the one before stays until this one is good."""
    ticket = ticket_hash(_ticket(request, call))
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


@patch(
    f"{ONE}/avatar",
    operation_id="cropRegistrationAvatar",
    responses=raises(*DRAFT, PictureNotCuttable, InvalidCrop),
    **SHARED,
)
async def crop_avatar(
    request: Asked, registration_id: FromPath[UUID], data: JSONBody[Crop], call: NamedDependency[Call]
) -> Response[AvatarView]:
    """Cut the picture differently, without sending it again."""
    ticket = ticket_hash(_ticket(request, call))
    box = parse_crop(data.x, data.y, data.size)
    view = await crop_draft_avatar(call.ports, ticket=ticket, registration_id=registration_id, crop=box, now=call.now)
    return Response(view, headers=NO_STORE)


@delete(f"{ONE}/avatar", operation_id="deleteRegistrationAvatar", responses=raises(*OPEN), **SHARED)
async def delete_avatar(request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
    """Go without a picture."""
    ticket = ticket_hash(_ticket(request, call))
    await remove_draft_avatar(call.ports, ticket=ticket, registration_id=registration_id, now=call.now)


@post(
    f"{ONE}/finish",
    operation_id="finishRegistration",
    responses=raises(
        *KNOWN,
        CsrfFailed,
        RegistrationUnfinished,
        NicknameTaken,
        HandleTaken,
        PhoneTaken,
        EmailTaken,
        IdentityTaken,
        Throttled,
    ),
    **SHARED,
)
async def finish(request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]) -> Response[LoggedIn]:
    """Make the account with its channel and picture, and sign in; repeating is harmless."""
    signed = await finish_registration(
        call.ports, ticket=_ticket(request, call), registration_id=registration_id, visitor=call.visitor,
        now=call.now,
    )  # fmt: skip
    token = csrf.issue(call.ports.keys, str(signed.session_id), call.ports.new_secret())
    cookies = [
        session_cookie(call, signed.secret), device_cookie(call, signed.user.nickname),
        ticket_cookie(call, "", max_age=0),
    ]  # fmt: skip
    return Response(LoggedIn(signed.user, token), headers=NO_STORE, cookies=cookies)


@route(
    f"{ONE}/avatar/{{picture_id:uuid}}/{{name:str}}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    include_in_schema=False,
    opt=ANONYMOUS,
)
async def draft_picture(
    request: Asked,
    registration_id: FromPath[UUID],
    picture_id: FromPath[UUID],
    name: FromPath[str],
    call: NamedDependency[Call],
) -> FileAnswer:
    """Send one size of a draft's picture, or its working copy, to who holds the ticket."""
    side = None if name == WORKING else side_of(name)
    file = await find_draft_picture(
        call.ports, ticket=ticket_hash(_ticket(request, call)), registration_id=registration_id,
        picture_id=picture_id, side=side, now=call.now,
    )  # fmt: skip
    return picture_answer(call, file, PRIVATE)


def _ticket(request: Asked, call: Call) -> str:
    return ticket_of(request.method, request.headers, call.ports.origin)


HANDLERS = [
    start,
    availability,
    one,
    update,
    send_code,
    verify_code,
    put_avatar,
    crop_avatar,
    delete_avatar,
    finish,
    draft_picture,
]
