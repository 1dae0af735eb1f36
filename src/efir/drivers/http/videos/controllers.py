"""What the API has of videos."""

from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.videos.media_files import MediaFilesController
from efir.drivers.http.videos.videos import MyVideosController, VideosController

HANDLERS: Controllers = (VideosController, MyVideosController, MediaFilesController)
