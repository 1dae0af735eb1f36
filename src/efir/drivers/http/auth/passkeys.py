"""Passkeys over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.auth.passkeys import (
    add_passkey,
    ask_new_passkey,
    ask_passkey,
    list_passkeys,
    log_in_with_passkey,
    remove_passkey,
)
from efir.application.context import Call
from efir.domain.auth.identities import LastWayIn
from efir.domain.auth.passkeys import (
    PasskeyId,
    PasskeyInvalid,
    PasskeyKnown,
    PasskeyNotFound,
    PasskeyRefused,
    PasskeysTooMany,
    PasskeysUnavailable,
)
from efir.domain.auth.sessions import CsrfFailed, NoSession, StepUpNeeded, WrongCredentials
from efir.domain.kernel.errors import Forbidden
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.rate_limits import Throttled
from efir.domain.users import DeletionPending, UserBanned
from efir.drivers._asgi.route_options import ENTRANCE
from efir.drivers.http.auth.sessions import find_replaced_session, respond_signed_in
from efir.drivers.http.kernel.bodies import LoggedIn
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.ports.auth.passkeys import PasskeyView
from efir.ports.kernel.one_time_store import OneTimeStoreUnavailable
from efir.ports.kernel.pagination import Page

OWN = (NoSession, StepUpNeeded, Forbidden, CsrfFailed)
PRIVATE = {"cache-control": "no-store"}


class PasskeyOptions(Struct, frozen=True):
    """What a browser is asked."""

    public_key: Annotated[
        dict[str, Any], Meta(description="Options as JSON (WebAuthn, level 3), for `parse…OptionsFromJSON`.")
    ]


class NewPasskey(Struct, forbid_unknown_fields=True):
    """A passkey that a browser has made."""

    credential: Annotated[
        dict[str, Any], Meta(description="The result of `credential.toJSON()`: RegistrationResponseJSON.")
    ]
    label: Annotated[str, Meta(max_length=200, description="Name of the passkey; that of the browser when absent.")] = (
        ""
    )


class ShownPasskey(Struct, forbid_unknown_fields=True):
    """The proof that somebody holds a passkey."""

    credential: Annotated[
        dict[str, Any], Meta(description="The result of `credential.toJSON()`: AuthenticationResponseJSON.")
    ]


class PasskeysController(Controller):
    """Passkeys."""

    path = "/api/v1/auth/passkeys"
    tags = ("Passkeys",)
    opt = SIGNED_IN

    @post(
        "/registration/options",
        operation_id="askNewPasskey",
        status_code=200,
        responses=raises(*OWN, PasskeysTooMany, PasskeysUnavailable, OneTimeStoreUnavailable),
    )
    async def new_options(self, call: NamedDependency[Call]) -> Response[PasskeyOptions]:
        """Start adding a passkey."""
        return Answer(
            PasskeyOptions(dict(await ask_new_passkey(call.ports, who=call.require_fresh()))), headers=PRIVATE
        )

    @post(
        "/registration/verify",
        operation_id="addPasskey",
        responses=raises(*OWN, PasskeyInvalid, PasskeyKnown, OneTimeStoreUnavailable),
    )
    async def add(self, data: JSONBody[NewPasskey], call: NamedDependency[Call]) -> PasskeyView:
        """Add the passkey that the browser has created."""
        return await add_passkey(
            call.ports, who=call.require_fresh(), answer=data.credential, label=data.label, user_agent=call.user_agent,
            now=call.now,
        )  # fmt: skip

    @post(
        "/authentication/options",
        operation_id="askPasskey",
        status_code=200,
        opt=PUBLIC | ENTRANCE,
        responses=raises(PasskeysUnavailable, Throttled, OneTimeStoreUnavailable),
    )
    async def options(self, call: NamedDependency[Call]) -> Response[PasskeyOptions]:
        """Start signing in with a passkey."""
        return Answer(PasskeyOptions(dict(await ask_passkey(call.ports, visitor=call.visitor))), headers=PRIVATE)

    @post(
        "/authentication/verify",
        operation_id="logInWithPasskey",
        status_code=200,
        opt=PUBLIC | ENTRANCE,
        responses=raises(
            PasskeyRefused, WrongCredentials, UserBanned, DeletionPending, Throttled, OneTimeStoreUnavailable
        ),
    )
    async def log_in(self, data: JSONBody[ShownPasskey], call: NamedDependency[Call]) -> Response[LoggedIn]:
        """Start a login session with a passkey; no other factor is needed."""
        signed = await log_in_with_passkey(
            call.ports, answer=data.credential, visitor=call.visitor, now=call.now, replaces=find_replaced_session(call)
        )
        return respond_signed_in(call, signed)

    @get(operation_id="listPasskeys", responses=raises(NoSession, Forbidden))
    async def passkeys(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[PasskeyView]]:
        """List your passkeys, newest first."""
        owner = UserId(call.session().user_id)
        return paginate(request, await list_passkeys(call.ports, owner=owner, limit=limit, cursor=cursor))

    @delete("/{passkey_id:uuid}", operation_id="removePasskey", responses=raises(*OWN, PasskeyNotFound, LastWayIn))
    async def remove(self, passkey_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
        """Remove one of your passkeys; it can no longer be used to sign in."""
        await remove_passkey(
            call.ports, owner=UserId(call.require_fresh().user_id), passkey_id=PasskeyId(passkey_id), now=call.now
        )
