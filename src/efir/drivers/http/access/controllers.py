"""What the API has of roles and permissions."""

from efir.drivers.http.access.grants import GrantsController
from efir.drivers.http.access.permissions import PermissionChecksController, PermissionsController
from efir.drivers.http.access.roles import RolesController
from efir.drivers.http.kernel.controllers import Controllers

HANDLERS: Controllers = (PermissionsController, PermissionChecksController, RolesController, GrantsController)
