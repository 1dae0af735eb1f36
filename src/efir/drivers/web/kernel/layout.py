"""What surrounds every page: navigation, colours, the short notice after a form."""

from collections.abc import Callable
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Any

from litestar import Request

from efir.drivers.web.kernel.redirects import find_destination

THEMES = frozenset({"light", "dark"})

GRID = 24  # fills whole rows of two, three and four cards


@dataclass(frozen=True)
class Viewer:
    """The signed-in person as the frame shows them."""

    id: str
    name: str
    nickname: str
    picture: str | None = None
    administers: bool = False
    left: int = 0  # minutes that an administrator still takes their place


@dataclass(frozen=True)
class Link:
    """A place in the navigation; on wide screens the bar above has some of them already."""

    href: str
    icon: str
    label: str
    current: bool
    phone_only: bool = False


def frame_facts(request: Request[Any, Any, Any], words: NullTranslations, *, here: str) -> dict[str, Any]:
    """Give the facts of the frame that depend on the request alone."""
    theme, notice = request.cookies.get("theme"), request.query_params.get("notice")
    return {
        "theme": theme if theme in THEMES else None,
        "here": here,
        "wanted": find_destination(request, here=here),
        "navigation": _navigation(request.url.path, words.gettext),
        "administration": _administration(request.url.path, words.gettext),
        "notice": _notices(words.gettext).get(notice or ""),
    }


def _navigation(path: str, _: Callable[[str], str]) -> list[Link]:
    return [
        Link("/", "discover", _("Discover"), path == "/"),
        Link("/quiz", "quiz", _("Quiz"), path.startswith("/quiz")),
        Link("/upload", "upload", _("Upload"), path == "/upload", phone_only=True),
        Link("/studio", "studio", _("Studio"), path.startswith("/studio")),
        Link("/audio", "sound", _("Recordings"), path.startswith("/audio")),
    ]


def _administration(path: str, _: Callable[[str], str]) -> list[Link]:
    return [
        Link(f"/admin/{name}", "", label, path.startswith(f"/admin/{name}"))
        for name, label in (("users", _("Accounts")), ("roles", _("Roles")), ("audit", _("Audit log")))
    ]


def _notices(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "welcome": _("Welcome! Your channel is ready: upload the first video."),
        "saved": _("Saved."),
        "factor-removed": _("The second step is turned off, and all devices are signed out."),
        "signed-out": _("The device is signed out."),
        "revoked": _("The token is revoked."),
        "email-confirmed": _("Your address is confirmed."),
        "mail-sent": _("A new mail is on its way. Earlier codes and links do not work any more."),
        "reset-asked": _("If this address is confirmed at Efir, a mail with a link is on its way to it."),
        "password-set": _("Your new password is set. Sign in with it."),
        "password-changed": _("Your password is changed, and other devices are signed out."),
        "account-closed": _("Your account is closed and will be deleted."),
        "account-kept": _("Your account stays. Sign in."),
        "deleted": _("The video is deleted."),
        "again": _("The video is being processed again."),
        "recording-deleted": _("The recording is deleted."),
        "recording-edited": _("The edited recording is in the list. The one before it stays."),
    }
