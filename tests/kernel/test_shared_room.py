"""What both web drivers share: names of cookies, the origin of requests, the rest of a body."""

from collections.abc import AsyncIterator

import pytest

from efir.domain.auth.sessions import CsrfFailed
from efir.drivers._asgi.cookies import cookie_name
from efir.drivers._asgi.same_origin import require_same_origin
from efir.drivers._asgi.streamed_body import MAX_DRAINED, drain
from efir.ports.uploads import BodyInterrupted

SITE = "https://efir.example"
PIECE = bytes(1 << 20)


def test_cookies_are_closed_to_siblings_where_the_connection_is_safe() -> None:
    assert cookie_name("mfa", origin=SITE) == "__Host-mfa"
    assert cookie_name("mfa", origin="http://127.0.0.1:8000") == "mfa"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": SITE, "sec-fetch-site": "cross-site"},
    ],
)
def test_a_request_of_another_site_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(CsrfFailed):
        require_same_origin(headers | {"host": "efir.example"}, origin=SITE)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"origin": SITE},
        {"origin": "http://192.0.2.7:8000", "host": "192.0.2.7:8000"},
    ],
)
def test_programs_and_own_pages_are_let_through(headers: dict[str, str]) -> None:
    require_same_origin(headers, origin=SITE)


async def test_a_short_rest_is_taken_to_its_end_and_a_long_one_up_to_a_limit() -> None:
    taken: list[int] = []
    await drain(_rest(taken, 3), announced=None)
    assert len(taken) == 3
    taken.clear()
    await drain(_rest(taken, 1000), announced=None)
    assert len(taken) == (MAX_DRAINED >> 20) + 1
    taken.clear()
    await drain(_rest(taken, 1000), announced=MAX_DRAINED + 1)
    assert not taken


async def test_a_rest_that_breaks_off_changes_nothing_about_the_answer() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PIECE
        raise BodyInterrupted

    await drain(broken(), announced=None)


async def _rest(taken: list[int], pieces: int) -> AsyncIterator[bytes]:
    for number in range(pieces):
        taken.append(number)
        yield PIECE
