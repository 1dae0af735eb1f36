"""What the API has of recordings."""

from efir.drivers.http.audio.editing import EditsController
from efir.drivers.http.audio.records import (
    MyRecordsController,
    NamedUsersController,
    RecordingLinksController,
    RecordsController,
)
from efir.drivers.http.audio.sending import MusicController, NewRecordsController
from efir.drivers.http.kernel.controllers import Controllers

HANDLERS: Controllers = (
    NamedUsersController,
    RecordingLinksController,
    MyRecordsController,
    RecordsController,
    MusicController,
    NewRecordsController,
    EditsController,
)
