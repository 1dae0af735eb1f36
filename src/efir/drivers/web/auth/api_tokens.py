"""The settings of API tokens: made, shown once, revoked."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from efir.application.access.requirements import SIGNED_IN
from efir.application.auth.api_tokens import create_api_token, every_scope, list_api_tokens, revoke_api_token
from efir.domain.auth.sessions import TokenId
from efir.domain.kernel.errors import DomainError
from efir.drivers.web.kernel.forms import FORM, Form, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.paging import next_address
from efir.drivers.web.kernel.settings_sections import refuse, show

DAY = 86_400
LIVES = ("7", "30", "90", "366")  # days


class ApiTokenPages(Controller):
    """The settings of API tokens."""

    path = "/settings/tokens"
    opt = SIGNED_IN

    @get()
    async def tokens(self, page: NamedDependency[Page], cursor: FromQuery[str | None] = None) -> Response[str]:
        """List API tokens, and ask for a new one."""
        page.call.session()
        return show(page, "settings/tokens.html", form=Form({"days": "90"}), fresh=None, **await _list(page, cursor))

    @post(opt=FORM)
    async def make_token(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Make a token and show its secret, this once."""
        form = await request.form()
        values = {key: value for key, value in form.items() if isinstance(value, str)}
        scopes = [value for value in form.getall("scopes", []) if isinstance(value, str)]
        call = page.call
        call.session()
        try:
            page.check(values)
            days = values.get("days", "")
            fresh = await create_api_token(
                call.ports, owner=call.user(), name=values.get("name", ""), scopes=scopes,
                expires_in=int(days) * DAY if days in LIVES else None, now=call.now,
            )  # fmt: skip
        except DomainError as error:
            return refuse(page, "settings/tokens.html", values, error, fresh=None, **await _list(page, None, scopes))
        return show(page, "settings/tokens.html", form=Form({"days": "90"}), fresh=fresh, **await _list(page, None))

    @post("/{token_id:uuid}", opt=FORM)
    async def end_token(
        self, request: Request[Any, Any, Any], token_id: FromPath[UUID], page: NamedDependency[Page]
    ) -> Response[str]:
        """Revoke a token."""
        call = page.call
        call.session()
        page.check(await read_typed(request))
        await revoke_api_token(call.ports, owner=call.user(), token_id=TokenId(token_id), now=call.now)
        return page.redirect("/settings/tokens?notice=revoked")


async def _list(page: Page, cursor: str | None, chosen: list[str] | None = None) -> dict[str, Any]:
    call = page.call
    found = await list_api_tokens(call.ports, owner=call.user(), limit=None, cursor=cursor)
    following = next_address("/settings/tokens", found.next)
    return {"items": found.items, "next": following, "scopes": every_scope(), "chosen": chosen or [], "lives": LIVES}
