"""What a route says it needs is what it asks for, at every address of the real application."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Controller, Router, asgi, get

from efir.application.access.requirements import PUBLIC, REQUIREMENT, Access, is_stated, requires
from efir.application.context import Ports
from efir.domain.access.permissions import Permission
from efir.drivers._asgi.route_options import RequirementMissing, handlers_of, options_of
from efir.drivers.http.app import create_app
from efir.drivers.web.kernel.error_pages import PROGRAMS
from kit.builders import person

PARAMETER = re.compile(r"\{(\w+):(\w+)\}")
FILLED = {"uuid": str(UUID(int=7)), "str": "x", "int": "1", "path": "a/b"}


@get("/unmarked")
async def unmarked() -> str:
    """Forgets to say what it needs."""
    return ""


@get("/misspelt", opt={REQUIREMENT: "users.read"})
async def misspelt() -> str:
    """Says it in words of its own."""
    return ""


@get("/nobody", opt={REQUIREMENT: ()})
async def nobody() -> str:
    """Names no permission at all."""
    return ""


class Several(Controller):
    """Handlers below one address."""

    path = "/several"

    @get("/said", opt=PUBLIC)
    async def said(self) -> str:
        """Says it."""
        return ""

    @get("/unsaid")
    async def unsaid(self) -> str:
        """Does not."""
        return ""


@asgi("/raw", copy_scope=True)
async def raw(scope: Any, receive: Any, send: Any) -> None:
    """Is no handler of HTTP requests in the narrow sense."""


@pytest.mark.parametrize(
    ("pages", "name"),
    [
        ([unmarked], "unmarked"),
        ([misspelt], "misspelt"),
        ([nobody], "nobody"),
        ([Router("/pages", route_handlers=[unmarked])], "unmarked"),
        ([Several], "unsaid"),
        ([raw], "raw"),
    ],
)
async def test_a_handler_that_does_not_say_what_it_needs_keeps_the_application_from_starting(
    ports: Ports, pages: list[Any], name: str
) -> None:
    with pytest.raises(RequirementMissing, match=name):
        create_app(ports, version="1", pages=pages)


def routes(app: Any) -> Iterator[tuple[str, str, Any]]:
    """Method, address and statement of every handler."""
    for path, handler in handlers_of(app._app):  # noqa: SLF001  # the application inside its wrapper
        for method in sorted(handler.http_methods):
            yield method, PARAMETER.sub(lambda found: FILLED[found[2]], path), handler.opt


def for_people(path: str) -> bool:
    return not path.startswith(PROGRAMS)


async def test_every_route_of_the_application_states_what_it_needs(app: Any) -> None:
    found = list(routes(app))
    assert all(is_stated(option) for _, _, option in found)
    kinds = {type(option[REQUIREMENT]) for _, _, option in found}
    assert kinds == {Access, tuple}
    assert {path.split("/")[1] for _, path, _ in found} >= {"api", "admin", "static", "media", "quiz", "record", "i"}


async def test_everybody_is_told_all_methods_of_an_address(app: Any, client: httpx.AsyncClient) -> None:
    known: dict[str, set[str]] = {}
    for method, path, _ in routes(app):
        known.setdefault(path, set()).add(method)
    for path, methods in known.items():
        answer = await client.options(path)
        assert answer.status_code == 204, (path, answer.text)
        if not path.startswith("/api/v1/uploads"):  # tus clients are told what the server can do instead
            assert answer.headers["allow"] == ", ".join(sorted(methods)), path


async def test_nobody_passes_a_route_that_needs_somebody(app: Any, client: httpx.AsyncClient) -> None:
    asked = 0
    for method, path, option in routes(app):
        if option[REQUIREMENT] is Access.PUBLIC:
            continue
        asked += 1
        answer = await client.request(method, path, headers={"accept": "application/json"})
        assert answer.status_code == 401, (method, path, answer.text)
        if method != "HEAD":
            assert answer.json()["code"] == "no-session", (method, path)
        if for_people(path):
            answer = await client.request(method, path, headers={"accept": "text/html"})
            assert answer.status_code == 303, (method, path, answer.text)
            assert answer.headers["location"].partition("?")[0] == "/login", (method, path)
    assert asked > 100


async def test_nobody_without_the_permission_passes_a_route_that_needs_one(app: Any, client: httpx.AsyncClient) -> None:
    ada = await person(client)
    asked = 0
    for method, path, option in routes(app):
        if not isinstance(option[REQUIREMENT], tuple):
            continue
        asked += 1
        answer = await client.request(method, path, headers=ada.headers | {"accept": "application/json"})
        assert answer.status_code == 403, (method, path, answer.text)
        assert answer.json()["required_permission"] == option[REQUIREMENT][0], (method, path)
        if for_people(path):
            answer = await client.request(method, path, headers=ada.headers | {"accept": "text/html"})
            assert (answer.status_code, answer.headers["content-type"][:9]) == (403, "text/html"), (method, path)
    assert asked > 20


async def test_a_route_for_everybody_sends_nobody_away_to_sign_in(app: Any, client: httpx.AsyncClient) -> None:
    for method, path, option in routes(app):
        if (
            option[REQUIREMENT] is Access.PUBLIC and method == "GET" and path != "/confirm"
        ):  # that asks for a code or a person
            answer = await client.get(path, headers={"accept": "application/json"})
            told = answer.json() if "problem" in answer.headers.get("content-type", "") else {}
            assert told.get("code") != "no-session", (path, answer.text)


async def test_one_of_several_permissions_is_enough() -> None:
    option = requires(Permission.USERS_READ, Permission.AUDIT_READ)
    assert is_stated(option)
    assert option[REQUIREMENT] == ("users.read", "audit.read")


async def test_the_document_says_what_each_operation_needs(app: Any, client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    told = {
        (path, method): (operation["security"], operation.get("x-permission"))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and path.startswith("/api/v1/")
    }
    both = [{"session": []}, {"token": []}]
    assert told["/api/v1/users", "get"] == (both, ["users.read"])
    assert told["/api/v1/users/me", "get"] == (both, None)
    assert told["/api/v1/videos", "get"] == ([{}, *both], None)
    options = options_of(app._app)  # noqa: SLF001  # the application inside its wrapper
    for place, (security, permissions) in told.items():
        needs = options[place][REQUIREMENT]
        assert ({} in security) == (needs is Access.PUBLIC), place
        assert permissions == (list(needs) if isinstance(needs, tuple) else None), place
