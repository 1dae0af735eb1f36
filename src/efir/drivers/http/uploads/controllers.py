"""What the API has of uploads."""

from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.uploads.uploads import UploadAbilitiesController, UploadsController

HANDLERS: Controllers = (UploadAbilitiesController, UploadsController)
