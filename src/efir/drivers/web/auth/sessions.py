"""Signing in and out by forms that need no script."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.access.requirements import PUBLIC
from efir.application.auth.identities import log_out_everywhere
from efir.application.auth.oidc import list_providers
from efir.application.auth.sessions import SignedIn, log_in
from efir.domain.auth.redirects import local_path
from efir.domain.auth.second_factors import SecondFactorNeeded
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import SessionId
from efir.domain.users import DeletionPending
from efir.drivers._asgi.cookies import session_cookie
from efir.drivers.web.auth.mfa_verification import to_second_step
from efir.drivers.web.auth.passkeys import passkey_site
from efir.drivers.web.kernel import error_messages
from efir.drivers.web.kernel.forms import FORM, Form, Problem, read_typed
from efir.drivers.web.kernel.page import Page
from efir.drivers.web.kernel.sign_in_cookies import make_sign_in_cookies


class SessionPages(Controller):
    """Signing in and out."""

    opt = PUBLIC

    @get("/login")
    async def login_page(
        self,
        page: NamedDependency[Page],
        back: FromQuery[str] = "",
        again: FromQuery[bool] = False,  # noqa: FBT002  # a query parameter
        trouble: FromQuery[str] = "",
    ) -> Response[str]:
        """Ask for nickname and password; `again` of somebody who is signed in, before something that matters."""
        if page.viewer is not None and not again and not trouble:
            return page.redirect(local_path(back))
        text = error_messages.word_trouble(trouble, page.words)
        values = {"login": page.viewer.nickname} if page.viewer is not None else {}
        form = Form(values, (Problem("", text),) if text else ())
        return page.render("auth/login.html", form=form, failed=bool(text), **_ways(page, back))

    @post("/login", opt=FORM)
    async def login(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """Sign in and go where the reader wanted to go."""
        values = await read_typed(request)
        back = values.get("back", "")
        try:
            page.check(values)
            signed = await _sign_in(page, values.get("login", ""), values.get("password", ""))
        except SecondFactorNeeded as needed:
            return to_second_step(page, needed.challenge, back)
        except DomainError as error:
            return page.refuse(
                "auth/login.html", values, error, **_ways(page, back, pending=isinstance(error, DeletionPending))
            )
        return page.redirect(local_path(back), cookies=make_sign_in_cookies(page, signed))

    @post("/logout", opt=FORM)
    async def logout(self, request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
        """End the login session; repeating is harmless."""
        onward = None
        if page.viewer is not None:
            page.check(await read_typed(request))
            onward = await _end_session(page)
        cookies = [session_cookie(page.call, "", max_age=0)]
        if onward is not None:
            return page.render("auth/logged-out.html", to=onward, nobody=True, viewer=None, cookies=cookies)
        return page.redirect("/", cookies=cookies)


def _ways(page: Page, back: str, *, pending: bool = False) -> dict[str, Any]:
    """What the page of signing in offers."""
    providers = list_providers(page.call.ports)
    return {
        "back": local_path(back), "providers": providers, "site": passkey_site(page), "again": page.viewer is not None,
        "pending": pending,
    }  # fmt: skip


async def _sign_in(page: Page, name: str, password: str) -> SignedIn:
    call = page.call
    found = call.credential  # a browser has one login session, and signing in always makes a new one
    return await log_in(
        call.ports, login=name, password=password, visitor=call.visitor, now=call.now,
        replaces=None if found is None or found.session_id is None else SessionId(found.session_id),
    )  # fmt: skip


async def _end_session(page: Page) -> str | None:
    """End the login session; return where it ends at the provider it came from."""
    session_id = page.call.current_session()
    return await log_out_everywhere(page.call.ports, session_id=session_id, now=page.call.now)
