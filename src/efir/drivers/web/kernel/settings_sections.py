"""What the pages of the settings share: their navigation.

A new page gets a line in `_sections`, is answered by `show` and `refuse`, and extends `settings/layout.html`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Response

from efir.domain.kernel.errors import DomainError
from efir.drivers.web.kernel.page import Page


@dataclass(frozen=True)
class Section:
    """A page of the settings in their navigation."""

    href: str
    icon: str
    label: str
    current: bool


def show(page: Page, template: str, **data: Any) -> Response[str]:
    """Return a page of the settings."""
    return page.render(template, sections=_build_sections(page), **data)


def refuse(page: Page, template: str, values: dict[str, str], error: DomainError, **data: Any) -> Response[str]:
    """Return a form of the settings again, with what was typed and what is wrong."""
    return page.refuse(template, values, error, sections=_build_sections(page), **data)


def _build_sections(page: Page) -> list[Section]:
    path = page.request.url.path
    return [
        Section(href, icon, label, path == href or path.startswith(f"{href}/"))
        for href, icon, label in _sections(page.words.gettext)
    ]


def _sections(_: Callable[[str], str]) -> list[tuple[str, str, str]]:
    return [
        ("/settings/profile", "person", _("Profile")),
        ("/settings/avatar", "camera", _("Picture")),
        ("/settings/security", "lock", _("Security")),
        ("/settings/devices", "people", _("Devices")),
        ("/settings/logins", "clock", _("Sign-in history")),
        ("/settings/tokens", "link", _("API tokens")),
        ("/settings/data", "info", _("Your data")),
        ("/settings/two-factor", "check", _("Two steps")),
        ("/settings/passkeys", "key", _("Passkeys")),
        ("/settings/identities", "globe", _("Other services")),
    ]
