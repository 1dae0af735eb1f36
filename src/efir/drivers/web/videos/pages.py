"""The pages of videos."""

from efir.drivers.web.videos.discover import DiscoverPages
from efir.drivers.web.videos.studio import StudioPages
from efir.drivers.web.videos.watch import WatchPages

PAGES = (
    DiscoverPages,
    StudioPages,
    WatchPages,
)
