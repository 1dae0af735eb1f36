"""The upload page; the bytes themselves go to the JSON driver by tus."""

from collections.abc import Callable
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from efir.application.access.requirements import SIGNED_IN
from efir.domain.videos.video import Visibility
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.page import Page


@get("/upload", opt=SIGNED_IN, include_in_schema=False)
async def upload(page: NamedDependency[Page]) -> Response[str]:
    """Show where to drop files."""
    page.call.session()
    limits = page.call.ports.limits
    return page.render(
        "upload.html",
        upload_most=limits.upload_bytes,
        title_most=limits.title_most,
        description_most=limits.description_most,
        visibilities=visibilities(page.words.gettext),
        stages=stages(page.words.gettext),
        failures={code: page.words.gettext(text) for code, text in error_messages.FAILURES.items()},
        other_failure=page.words.gettext(error_messages.OTHER_FAILURE),
    )


def visibilities(_: Callable[[str], str]) -> list[tuple[Visibility, str, str, str]]:
    """Choices of who can watch: value, name, explanation, icon."""
    return [
        (Visibility.PUBLIC, _("Public"), _("Everybody, and it is listed."), "globe"),
        (Visibility.UNLISTED, _("By link"), _("Whoever has the link; it is not listed."), "link"),
        (Visibility.PRIVATE, _("Private"), _("Only you."), "lock"),
    ]


def stages(_: Callable[[str], str]) -> dict[str, str]:
    """Names of the steps of processing."""
    return {
        "inspect": _("Checking the file"),
        "first": _("First picture"),
        "encode": _("All qualities"),
        "finish": _("Finishing"),
    }


HANDLERS: list[Any] = [upload]
