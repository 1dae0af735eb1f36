"""The pages of recordings."""

from efir.drivers.web.audio.edits import RecordingEditPages
from efir.drivers.web.audio.recordings import RecordingPages

PAGES = (
    RecordingEditPages,
    RecordingPages,
)
