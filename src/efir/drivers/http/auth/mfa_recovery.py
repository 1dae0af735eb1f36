"""Removing a second factor that its owner has lost, over HTTP, for administrators."""

from uuid import UUID

from litestar import Controller, post
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


class MfaRecoveryController(Controller):
    """Second factors that their owners have lost."""

    path = "/api/v1/users/{user_id:uuid}/remove-second-factor"
    tags = ("Administration",)
    opt = requires(Permission.USERS_RECOVER)

    @post(
        operation_id="removeLostSecondFactor",
        status_code=204,
        responses=raises(
            *DENIED, StepUpNeeded, Forbidden, CsrfFailed, InvalidReason, UserNotFound, WiderThanOwn, SecondFactorOff
        ),
    )
    async def remove(self, user_id: FromPath[UUID], data: JSONBody[WithReason], call: NamedDependency[Call]) -> None:
        """Remove a user's second factor and recovery codes; all their sessions end, and they are notified by email."""
        actor = call.actor(Permission.USERS_RECOVER)
        call.require_fresh()
        await remove_lost_factor(call.ports, actor, user_id=UserId(user_id), reason=data.reason, now=call.now)
