"""The upload page; the bytes themselves go to the JSON driver by tus."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from efir.application.access.requirements import SIGNED_IN
from efir.drivers.web.kernel import failure_messages
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.video_texts import stages, visibilities


class UploadPages(Controller):
    """The page that sends videos."""

    path = "/upload"
    opt = SIGNED_IN

    @get()
    async def upload(self, page: NamedDependency[Page]) -> Response[str]:
        """Show where to drop files."""
        page.call.session()
        limits = page.call.ports.limits
        return page.render(
            "upload.html",
            max_upload=limits.upload_bytes,
            max_title_length=limits.max_title_length,
            max_description_length=limits.max_description_length,
            visibilities=visibilities(page.words.gettext),
            stages=stages(page.words.gettext),
            failures={code: page.words.gettext(text) for code, text in failure_messages.FAILURES.items()},
            other_failure=page.words.gettext(failure_messages.OTHER_FAILURE),
        )


PAGES = (UploadPages,)
