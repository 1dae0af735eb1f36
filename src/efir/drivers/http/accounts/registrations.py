"""Registering in steps over HTTP: a ticket, in a cookie or a header, opens one registration and nothing else."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from efir.application.access.requirements import PUBLIC
from efir.application.accounts.availability import check_email, check_nickname
from efir.application.accounts.registration_codes import send_email_code, verify_email_code
from efir.application.accounts.registrations import (
    RegistrationChange,
    finish_registration,
    get_registration,
    start_registration,
    update_registration,
)
from efir.application.auth import csrf
from efir.application.context import Call
from efir.domain.accounts.email_verification import EmailTaken, ProofGone, WrongCode
from efir.domain.accounts.registrations import (
    InvalidCheck,
    RegistrationFinished,
    RegistrationUnfinished,
    WorkRefused,
)
from efir.domain.auth.identities import IdentityTaken
from efir.domain.auth.sessions import CsrfFailed
from efir.domain.channels import HandleTaken
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.mail import MailsTooMany
from efir.domain.users import InvalidUser, NicknameTaken, PhoneTaken
from efir.drivers._asgi.cookies import device_cookie, session_cookie, ticket_cookie
from efir.drivers._asgi.route_options import FORM
from efir.drivers.http.accounts.bodies import ChangedRegistration, MailedCode
from efir.drivers.http.accounts.registration_requests import KNOWN, NO_STORE, ONE, OPEN, PATH, require_ticket
from efir.drivers.http.kernel.bodies import LoggedIn
from efir.drivers.http.kernel.picture_bodies import (
    Asked,
)
from efir.drivers.http.kernel.problems import raises
from efir.ports.accounts.registrations import Availability, RegistrationView

EmailQuery = Annotated[str | None, QueryParameter(description="Email address to check.", max_length=320)]
NicknameQuery = Annotated[str | None, QueryParameter(description="Nickname to check.", max_length=100)]


class RegistrationsController(Controller):
    """Registrations: opened, filled in, finished."""

    path = PATH
    tags = ("Registrations",)
    opt = PUBLIC | FORM

    @post(operation_id="startRegistration", responses=raises(Throttled))
    async def start(self, call: NamedDependency[Call]) -> Response[RegistrationView]:
        """Start a registration; its ticket is returned here, and set as a cookie."""
        call.ports.pictures.converter.expect()
        view = await start_registration(call.ports, visitor=call.visitor, now=call.now)
        headers = NO_STORE | {"location": f"{PATH}/{view.id}"}
        return Response(view, headers=headers, cookies=[ticket_cookie(call, view.ticket or "")])

    @get("/availability", operation_id="checkAvailability", responses=raises(*KNOWN, InvalidCheck))
    async def availability(
        self, request: Asked, call: NamedDependency[Call], email: EmailQuery = None, nickname: NicknameQuery = None
    ) -> Response[Availability]:
        """Check whether a nickname or an address is available; a free nickname is reserved for a quarter of an hour."""
        ticket = require_ticket(request, call)
        if (email is None) == (nickname is None):
            raise InvalidCheck
        if nickname is not None:
            found = await check_nickname(call.ports, ticket=ticket, nickname=nickname, now=call.now)
        else:
            found = await check_email(call.ports, ticket=ticket, email=email or "", visitor=call.visitor, now=call.now)
        return Response(found, headers=NO_STORE)

    @get(ONE, operation_id="getRegistration", responses=raises(*KNOWN, RegistrationFinished))
    async def one(
        self, request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]
    ) -> Response[RegistrationView]:
        """Return the answers given so far."""
        ticket = require_ticket(request, call)
        view = await get_registration(call.ports, ticket=ticket, registration_id=registration_id, now=call.now)
        return Response(view, headers=NO_STORE)

    @patch(
        ONE,
        operation_id="updateRegistration",
        responses=raises(*OPEN, InvalidUser, NicknameTaken, WorkRefused),
    )
    async def update(
        self,
        request: Asked,
        registration_id: FromPath[UUID],
        data: JSONBody[ChangedRegistration],
        call: NamedDependency[Call],
    ) -> Response[RegistrationView]:
        """Give some of the answers; each is checked alone."""
        ticket = require_ticket(request, call)
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
    )
    async def send_code(self, request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Send a code to the address; whoever has an account with it is told so instead; the response is the same."""
        await send_email_code(
            call.ports,
            ticket=require_ticket(request, call),
            registration_id=registration_id,
            visitor=call.visitor,
            now=call.now,
        )

    @post(
        f"{ONE}/email-code/verify",
        operation_id="verifyRegistrationCode",
        status_code=200,
        responses=raises(*OPEN, WrongCode, ProofGone),
    )
    async def verify_code(
        self, request: Asked, registration_id: FromPath[UUID], data: JSONBody[MailedCode], call: NamedDependency[Call]
    ) -> Response[RegistrationView]:
        """Confirm the address by the code that was mailed; five wrong ones end it."""
        view = await verify_email_code(
            call.ports,
            ticket=require_ticket(request, call),
            registration_id=registration_id,
            code=data.code,
            now=call.now,
        )
        return Response(view, headers=NO_STORE)

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
    )
    async def finish(
        self, request: Asked, registration_id: FromPath[UUID], call: NamedDependency[Call]
    ) -> Response[LoggedIn]:
        """Make the account with its channel and picture, and sign in; repeating is harmless."""
        signed = await finish_registration(
            call.ports, ticket=require_ticket(request, call), registration_id=registration_id, visitor=call.visitor,
            now=call.now,
        )  # fmt: skip
        token = csrf.issue(call.ports.keys, str(signed.session_id), call.ports.new_secret())
        cookies = [
            session_cookie(call, signed.secret), device_cookie(call, signed.user.nickname),
            ticket_cookie(call, "", max_age=0),
        ]  # fmt: skip
        return Response(LoggedIn(signed.user, token), headers=NO_STORE, cookies=cookies)
