"""Second factors over HTTP: setting up, removing, and the second step of a sign-in."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from efir.application.access.requirements import PUBLIC, SIGNED_IN
from efir.application.auth.access_tokens import TokenPair
from efir.application.auth.mfa_verification import verify_second_factor
from efir.application.auth.second_factors import (
    begin_totp,
    confirm_totp,
    get_second_factor,
    make_recovery_codes,
    remove_totp,
)
from efir.application.context import Call
from efir.domain.auth.second_factors import (
    ChallengeGone,
    CodeRefused,
    CodesLocked,
    SecondFactorOff,
    SecondFactorOn,
    WrongCode,
)
from efir.domain.auth.sessions import CsrfFailed, NoSession, StepUpNeeded
from efir.domain.kernel.errors import Forbidden
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.rate_limits import Throttled
from efir.drivers._asgi.route_options import ENTRANCE
from efir.drivers.http.auth.sessions import find_replaced_session, respond_signed_in
from efir.drivers.http.kernel.bodies import LoggedIn
from efir.drivers.http.kernel.problems import raises
from efir.drivers.http.kernel.responses import Answer
from efir.ports.auth.second_factors import SecondFactorView, TotpSetup
from efir.ports.kernel.one_time_store import OneTimeStoreUnavailable

OWN = (NoSession, StepUpNeeded, Forbidden, CsrfFailed)
PRIVATE = {"cache-control": "no-store"}
STATES = raises(ChallengeGone, WrongCode, CodesLocked, Throttled, OneTimeStoreUnavailable)


class SecondStep(Struct, forbid_unknown_fields=True):
    """The second step of a sign-in."""

    challenge: Annotated[str, Meta(max_length=100, description="The challenge returned by the first step.")]
    code: Annotated[
        str, Meta(max_length=100, description="Six digits from the app, or a recovery code.", examples=["492039"])
    ]


class AppCode(Struct, forbid_unknown_fields=True):
    """A code of an authenticator app."""

    code: Annotated[str, Meta(max_length=100, description="Six digits.", examples=["492039"])]


class RecoveryCodes(Struct, frozen=True):
    """Recovery codes; they are shown this once."""

    codes: Annotated[
        list[str],
        Meta(description="Recovery codes; each one replaces the app once.", examples=[["mfzw-2ylt-n5xg-kzjo"]]),
    ]


class MfaVerificationController(Controller):
    """The second step of a sign-in."""

    path = "/api/v1/auth/mfa/verify"
    tags = ("Second factors",)
    opt = PUBLIC | ENTRANCE

    @post(operation_id="verifySecondFactor", status_code=200, responses=STATES)
    async def verify(
        self, data: JSONBody[SecondStep], call: NamedDependency[Call]
    ) -> Response[LoggedIn] | Response[TokenPair]:
        """Finish a sign-in that needs a second factor: a browser gets its cookie, an app its tokens."""
        done = await verify_second_factor(
            call.ports, challenge=data.challenge, code=data.code, visitor=call.visitor, now=call.now,
            replaces=find_replaced_session(call),
        )  # fmt: skip
        if isinstance(done, TokenPair):
            return Answer(done, headers=PRIVATE)
        return respond_signed_in(call, done)


class SecondFactorsController(Controller):
    """The own second factor."""

    path = "/api/v1/auth"
    tags = ("Second factors",)
    opt = SIGNED_IN

    @get("/totp", operation_id="getSecondFactor", responses=raises(NoSession, Forbidden))
    async def get_totp(self, call: NamedDependency[Call]) -> SecondFactorView:
        """Return whether signing in needs a code."""
        return await get_second_factor(call.ports, user_id=UserId(call.session().user_id))

    @post("/totp", operation_id="setUpTotp", status_code=200, responses=raises(*OWN, SecondFactorOn))
    async def begin(self, call: NamedDependency[Call]) -> Response[TotpSetup]:
        """Start setting up an authenticator app; it counts after `confirmTotp`."""
        who = call.require_fresh()
        setup = await begin_totp(call.ports, user_id=UserId(who.user_id), nickname=who.nickname, now=call.now)
        return Answer(setup, headers=PRIVATE)

    @post(
        "/totp/confirm",
        operation_id="confirmTotp",
        status_code=200,
        responses=raises(*OWN, CodeRefused, SecondFactorOn, SecondFactorOff),
    )
    async def confirm(self, data: JSONBody[AppCode], call: NamedDependency[Call]) -> Response[RecoveryCodes]:
        """Confirm that the app works; other login sessions end, and recovery codes are returned."""
        user_id = UserId(call.require_fresh().user_id)
        codes = await confirm_totp(
            call.ports, user_id=user_id, keep=call.current_session(), code=data.code, now=call.now
        )  # fmt: skip
        return Answer(RecoveryCodes(codes), headers=PRIVATE)

    @delete("/totp", operation_id="removeTotp", responses=raises(*OWN, SecondFactorOff))
    async def remove(self, call: NamedDependency[Call]) -> None:
        """Turn the second factor off."""
        await remove_totp(call.ports, user_id=UserId(call.require_fresh().user_id), now=call.now)

    @post("/recovery-codes", operation_id="makeRecoveryCodes", status_code=200, responses=raises(*OWN, SecondFactorOff))
    async def recovery_codes(self, call: NamedDependency[Call]) -> Response[RecoveryCodes]:
        """Create ten recovery codes; earlier ones become invalid."""
        codes = await make_recovery_codes(call.ports, user_id=UserId(call.require_fresh().user_id), now=call.now)
        return Answer(RecoveryCodes(codes), headers=PRIVATE)
