"""Links lead to routes: each address that the core can hand out is one that the application answers."""

import inspect
import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from efir.adapters.links import SiteLinks
from efir.drivers._asgi.route_options import handlers_of
from efir.ports.kernel.links import Links

ORIGIN = "https://efir.example"
LINKS = SiteLinks(ORIGIN)
ID = UUID("019a0c57-7a2c-7e6f-b4f2-5b3c7a1d2e3f")
SAMPLES = {UUID: ID, UUID | None: ID, int: 256, str: "a-b_c"}
BELOW = {"open_media": "/mp4/720.mp4", "signed_media": "/master.m3u8"}
KINDS = {"uuid": "[0-9a-f-]{36}", "int": "[0-9]+", "str": "[^/]+", "path": "/.+"}
KINDS_OF_LINKS = sorted(name for name, _ in inspect.getmembers(Links, inspect.isfunction) if not name.startswith("_"))


@pytest.mark.parametrize("kind", KINDS_OF_LINKS)
async def test_every_link_leads_to_a_route(app: Any, kind: str) -> None:
    path = urlsplit(address(kind)).path + BELOW.get(kind, "")
    assert [route for route in read_routes(app) if route.fullmatch(path)], path


def test_what_leaves_the_site_names_the_site() -> None:
    relative = {kind for kind in KINDS_OF_LINKS if not address(kind).startswith(f"{ORIGIN}/")}
    assert relative == {"picture", "avatar", "draft_picture", "open_media", "signed_media", "export"}


def test_nobody_without_a_picture_has_the_address_of_one() -> None:
    assert LINKS.avatar(None) is None


def test_a_secret_in_a_link_is_spelled_as_the_query_needs_it() -> None:
    assert LINKS.reset_password("a b&c=d") == f"{ORIGIN}/reset?token=a+b%26c%3Dd"


def address(kind: str) -> str:
    method = getattr(LINKS, kind)
    text = method(*(SAMPLES[each.annotation] for each in inspect.signature(method).parameters.values()))
    assert isinstance(text, str)
    return text


def read_routes(app: Any) -> list[re.Pattern[str]]:
    """Patterns of what can be read."""
    return [
        re.compile(re.sub(r"(/?)\{\w+:(\w+)\}", lambda part: _pattern(part[1], part[2]), path))
        for path, handler in handlers_of(app._app)  # noqa: SLF001  # the application inside its wrapper
        if "GET" in handler.http_methods
    ]


def _pattern(slash: str, kind: str) -> str:
    return KINDS[kind] if kind == "path" else slash + KINDS[kind]
