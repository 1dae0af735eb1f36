"""Permissions over HTTP: Efir's own, and what somebody may do."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from efir.application.access.requirements import SIGNED_IN, requires
from efir.application.access.roles import (
    check_permission,
    list_permissions,
)
from efir.application.context import Call
from efir.domain.access.permissions import Permission
from efir.domain.auth.sessions import NoSession
from efir.drivers.http.kernel.pagination import CursorQuery, LimitQuery, paginate
from efir.drivers.http.kernel.problems import DENIED, raises
from efir.ports.access.credential_cache import PermissionCheck
from efir.ports.access.roles import PermissionView
from efir.ports.kernel.pagination import Page


class PermissionsController(Controller):
    """Efir's own permissions."""

    path = "/api/v1/permissions"
    tags = ("Roles",)
    opt = requires(Permission.ROLES_READ)

    @get(operation_id="listPermissions", responses=raises(*DENIED))
    async def permissions(
        self,
        request: Request[Any, Any, Any],
        call: NamedDependency[Call],
        limit: LimitQuery = None,
        cursor: CursorQuery = None,
    ) -> Response[Page[PermissionView]]:
        """List Efir's own permissions."""
        call.actor(Permission.ROLES_READ)
        return paginate(request, list_permissions(call.ports, limit=limit, cursor=cursor))


class PermissionChecksController(Controller):
    """What somebody may do, for other services."""

    path = "/api/v1/auth/permissions/check"
    tags = ("Roles",)
    opt = SIGNED_IN

    @get(operation_id="checkPermission", responses=raises(NoSession))
    async def check(
        self,
        permission: Annotated[
            str,
            QueryParameter(
                max_length=100, description="A permission, which may belong to another service, such as `cinema:watch`."
            ),
        ],
        call: NamedDependency[Call],
    ) -> PermissionCheck:
        """Tell another service whether the caller may do something now."""
        if call.credential is None:
            raise NoSession
        return check_permission(call.credential, permission, allowed=call.may(permission))
