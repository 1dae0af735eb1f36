"""Removing a second factor that its owner has lost, over HTTP, for administrators."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from efir.application.access.requirements import requires
from efir.application.auth.mfa_recovery import remove_lost_factor
from efir.application.context import Call
from efir.domain.access.permissions import Permission
from efir.domain.access.roles import WiderThanOwn
from efir.domain.auth.impersonation import InvalidReason
from efir.domain.auth.second_factors import SecondFactorOff
from efir.domain.auth.sessions import CsrfFailed, StepUpNeeded
from efir.domain.kernel.errors import Forbidden
from efir.domain.kernel.ids import UserId
from efir.domain.users import UserNotFound
from efir.drivers.http.auth.impersonation import WithReason
from efir.drivers.http.kernel.problems import DENIED, raises


@post(
    "/api/v1/users/{user_id:uuid}/remove-second-factor",
    opt=requires(Permission.USERS_RECOVER),
    operation_id="removeLostSecondFactor",
    tags=["Administration"],
    status_code=204,
    responses=raises(
        *DENIED, StepUpNeeded, Forbidden, CsrfFailed, InvalidReason, UserNotFound,
        WiderThanOwn, SecondFactorOff,
    ),
)  # fmt: skip
async def remove(user_id: FromPath[UUID], data: JSONBody[WithReason], call: NamedDependency[Call]) -> None:
    """Remove somebody's authenticator app and recovery codes; all their sessions end, and they are told by mail."""
    actor = call.actor(Permission.USERS_RECOVER)
    call.fresh()
    await remove_lost_factor(call.ports, actor, user_id=UserId(user_id), reason=data.reason, now=call.now)


HANDLERS = [remove]
