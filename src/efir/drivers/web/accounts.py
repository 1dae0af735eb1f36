"""Signing up, in and out by forms that need no script."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from efir.application.sessions import SignedIn, log_in, log_out
from efir.application.users import register_user
from efir.domain.errors import DomainError
from efir.domain.sessions import SessionId
from efir.domain.users import DeletionPending
from efir.drivers.web.forms import Form, relative, typed
from efir.drivers.web.page import Page

FORM = {"form": True}  # the page checks the token in its form itself


@get("/login", include_in_schema=False)
async def login_page(page: NamedDependency[Page], back: FromQuery[str] = "") -> Response[str]:
    """Ask for nickname and password."""
    if page.viewer is not None:
        return page.redirect(relative(back))
    return page.render("login.html", form=Form(), back=back, pending=False)


@post("/login", include_in_schema=False, status_code=200, opt=FORM)
async def login(request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
    """Sign in and go where the reader wanted to go."""
    values = await typed(request)
    back = values.get("back", "")
    try:
        page.check(values)
        signed = await _signed_in(page, values.get("login", ""), values.get("password", ""))
    except DomainError as error:
        return page.refuse("login.html", values, error, back=back, pending=isinstance(error, DeletionPending))
    return page.redirect(relative(back), cookies=[page.shared.session_cookie(page.call, signed.secret)])


@get("/register", include_in_schema=False)
async def register_page(page: NamedDependency[Page]) -> Response[str]:
    """Ask for what an account needs."""
    if page.viewer is not None:
        return page.redirect("/")
    return page.render("register.html", form=Form())


@post("/register", include_in_schema=False, status_code=200, opt=FORM)
async def register(request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
    """Make the account and sign in."""
    values = await typed(request)
    nickname, password = values.get("nickname", ""), values.get("password", "")
    try:
        page.check(values)
        await register_user(
            page.call.ports, email=values.get("email", ""), nickname=nickname, password=password, display_name=None,
            now=page.call.now, locale=page.lang,
        )  # fmt: skip
        signed = await _signed_in(page, nickname, password)
    except DomainError as error:
        return page.refuse("register.html", values, error)
    return page.redirect("/?notice=welcome", cookies=[page.shared.session_cookie(page.call, signed.secret)])


@post("/logout", include_in_schema=False, status_code=200, opt=FORM)
async def logout(request: Request[Any, Any, Any], page: NamedDependency[Page]) -> Response[str]:
    """End the login session; repeating is harmless."""
    if page.viewer is not None:
        page.check(await typed(request))
        await _end_session(page)
    return page.redirect("/", cookies=[page.shared.session_cookie(page.call, "", max_age=0)])


async def _signed_in(page: Page, name: str, password: str) -> SignedIn:
    call = page.call
    found = call.credential  # a browser has one login session, and signing in always makes a new one
    return await log_in(
        call.ports, login=name, password=password, visitor=call.visitor, now=call.now,
        replaces=None if found is None or found.session_id is None else SessionId(found.session_id),
    )  # fmt: skip


async def _end_session(page: Page) -> None:
    found = page.call.credential
    if found is not None and found.session_id is not None:
        await log_out(page.call.ports, session_id=SessionId(found.session_id), now=page.call.now)


HANDLERS: list[Any] = [login_page, login, register_page, register, logout]
