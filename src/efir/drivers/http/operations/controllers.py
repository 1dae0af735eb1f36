"""What the API has of the service itself."""

from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.operations.health import HealthController

HANDLERS: Controllers = (HealthController,)
