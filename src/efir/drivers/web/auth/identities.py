"""Settings: identities at other providers; and leaving for a provider."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import SIGNED_IN
from efir.application.auth.identities import list_identities, unlink_identity
from efir.application.auth.oidc import FLOW_SECONDS, begin_link, list_providers, provider_of
from efir.domain.auth.identities import IdentityId
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.drivers._asgi.cookies import BROWSER, cookie_name
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.forms import FORM, Form, Problem, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.settings_sections import refuse, show
from efir.drivers.web.kernel.sign_in_cookies import make_short_cookie

HERE = "/settings/identities"
ALL = 100


class IdentityPages(Controller):
    """The settings of identities at other providers."""

    path = HERE
    opt = SIGNED_IN

    @get()
    async def identities(self, page: NamedDependency[Page], trouble: FromQuery[str] = "") -> Response[str]:
        """List own identities, and the providers that could be linked."""
        text = error_messages.word_trouble(trouble, page.words)
        problems = (Problem("", text),) if text else ()
        return show(page, "settings/identities.html", form=Form({}, problems), **await _describe(page))

    @post("/{identity_id:uuid}/remove", opt=FORM)
    async def remove(
        self, request: Request[Any, Any, Any], identity_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Unlink an identity."""
        owner = UserId(page.call.require_fresh().user_id)
        values = await read_typed(request)
        try:
            page.check(values)
            await unlink_identity(page.call.ports, owner=owner, identity_id=IdentityId(identity_id), now=page.call.now)
        except DomainError as error:
            return refuse(page, "settings/identities.html", values, error, **await _describe(page))
        return page.redirect(f"{HERE}?notice=saved")

    @post("/link", opt=FORM)
    async def link(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Leave for a provider to link an identity there."""
        call, values = page.call, await read_typed(request)
        who = call.require_fresh()
        browser = request.cookies.get(cookie_name(BROWSER, origin=call.ports.origin), "")
        try:
            page.check(values)
            name = values.get("provider", "")
            begun = await begin_link(call.ports, provider=name, browser=browser, back=HERE, who=who, now=call.now)
        except DomainError as error:
            return refuse(page, "settings/identities.html", values, error, **await _describe(page))
        # A form may lead to this site only (`form-action`), so the page that answers it goes on by itself.
        return page.render(
            "auth/leaving.html", to=begun.address, provider=provider_of(call.ports, name).view,
            cookies=[make_short_cookie(page, BROWSER, begun.browser, FLOW_SECONDS)],
        )  # fmt: skip


async def _describe(page: Page) -> dict[str, Any]:
    call = page.call
    owner = UserId(call.session().user_id)
    found = await list_identities(call.ports, owner=owner, limit=ALL, cursor=None)
    providers = {provider.name: provider for provider in list_providers(call.ports)}
    return {"items": found.items, "providers": providers}
