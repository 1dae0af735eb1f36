"""The registration of a browser: where it stands, and what every page of the wizard shows of it."""

from typing import Any

from efir.application.accounts.registrations import get_registration
from efir.application.auth.oidc import list_providers
from efir.domain.accounts.registrations import (
    RegistrationFinished,
    RegistrationNotFound,
    Step,
    find_next_step,
    steps_of,
)
from efir.drivers._asgi.cookies import TICKET, cookie_name
from efir.drivers.web.accounts.picture_forms import picture_facts
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.sign_in_cookies import find_destination
from efir.ports.accounts.registrations import RegistrationView


def facts(page: Page, step: Step, draft: RegistrationView | None) -> dict[str, Any]:
    """What every page of the wizard shows besides its form."""
    _, arrived = page.words.gettext, draft is not None and draft.provider is not None
    asked = steps_of(require_email=page.call.ports.accounts.require_email, arrived=arrived)
    return {
        "step": step.value,
        "number": asked.index(step) + 1 if step in asked else len(asked),
        "count": len(asked),
        "draft": draft,
        "back": _back(step, asked),
        "goal": find_destination(page),
        "provider": _provider(page, draft),
        "providers": list_providers(page.call.ports),
        **picture_facts(page),
        "reasons": {
            kind: {code: _(text) for (field, code), text in error_messages.FIELDS.items() if field == kind}
            | {"taken": _(error_messages.TAKEN[kind])}
            for kind in ("nickname", "email")
        },
    }


def _back(step: Step, asked: tuple[Step, ...]) -> str:
    """Where the page before is; nothing on the first."""
    if step is Step.CHECK:
        return "/register/picture?another=1"
    if step not in asked:
        return "/register/check"
    return f"/register/{asked[asked.index(step) - 1]}" if step is not asked[0] else ""


def _provider(page: Page, draft: RegistrationView | None) -> str:
    """What people call the provider somebody came from; nothing for who came by themselves."""
    if draft is None or draft.provider is None:
        return ""
    labels = {provider.name: provider.label for provider in list_providers(page.call.ports)}
    return labels.get(draft.provider, draft.provider)


def path_of(draft: RegistrationView | None) -> str:
    """Where to go on."""
    if draft is None:
        return "/register"
    return f"/register/{find_next_step(tuple(draft.missing), pictured=draft.avatar is not None)}"


def ticket_of(page: Page) -> str:
    """Read the ticket of this browser's registration; empty without one."""
    return page.request.cookies.get(cookie_name(TICKET, origin=page.call.ports.origin), "")


async def draft_of(page: Page) -> RegistrationView | None:
    """The registration of this browser, if it lives."""
    ticket = ticket_of(page)
    if not ticket:
        return None
    try:
        return await get_registration(page.call.ports, ticket=ticket, now=page.call.now)
    except (RegistrationNotFound, RegistrationFinished):
        return None
