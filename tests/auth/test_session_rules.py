"""Tokens, cursors and proofs: only what was issued is accepted."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.secrets.randomness import new_id, new_secret
from efir.application.auth import csrf
from efir.application.kernel import cursors
from efir.domain.auth.sessions import CsrfFailed, InvalidToken, token_secret, token_text
from efir.domain.jobs import delay_after
from efir.domain.kernel.errors import FailureKind, Malformed
from efir.domain.kernel.keys import Keys
from efir.domain.kernel.limits import Limits
from efir.ports.kernel.pagination import PageRequest, Position, Rows, found

KEYS, OTHER = Keys(b"k" * 32), Keys(b"o" * 32)
LIMITS = Limits()


def test_a_token_is_read_back_and_a_typing_error_is_noticed() -> None:
    secret = new_secret()
    text = token_text(secret)
    assert token_secret(text) == secret
    for wrong in (
        text[:-1],
        text + "0",
        text.replace(secret[5], "-", 1),
        text[:12] + ("a" if text[12] != "a" else "b") + text[13:],
    ):
        with pytest.raises(InvalidToken):
            token_secret(wrong)


@given(st.text(max_size=100))
def test_no_other_text_is_a_token(text: str) -> None:
    with pytest.raises(InvalidToken):
        token_secret(text)


def test_ids_are_uuid_version_7_and_rise_with_time() -> None:
    ids = [new_id() for _ in range(100)]
    assert {item.version for item in ids} == {7}
    assert {item.variant for item in ids} == {UUID(int=0x8 << 60).variant}
    assert [item.int >> 80 for item in ids] == sorted(item.int >> 80 for item in ids)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_proof_holds_for_what_it_was_issued_for_only(one: str, other: str) -> None:
    token = csrf.issue(KEYS, one, "random")
    csrf.check(KEYS, one, token)
    if one != other:
        with pytest.raises(CsrfFailed):
            csrf.check(KEYS, other, token)
    with pytest.raises(CsrfFailed):
        csrf.check(OTHER, one, token)


@given(st.text(max_size=80))
def test_no_other_text_is_a_proof(text: str) -> None:
    with pytest.raises(CsrfFailed):
        csrf.check(KEYS, "someone", text)


@given(key=st.text(max_size=40), identifier=st.text(max_size=40), forward=st.booleans())
def test_a_cursor_leads_back_to_its_place_in_its_list_only(key: str, identifier: str, *, forward: bool) -> None:
    place = Position(key, identifier)
    page = cursors.paginate(KEYS, "list", Rows([1], place if forward else None, None if forward else place))
    text = page.next or page.prev
    assert text is not None
    part = cursors.parse_page(KEYS, LIMITS, "list", limit=5, cursor=text)
    assert part == PageRequest(5, place if forward else None, None if forward else place)
    for keys, name in ((OTHER, "list"), (KEYS, "other list")):
        with pytest.raises(Malformed):
            cursors.parse_page(keys, LIMITS, name, limit=5, cursor=text)


@given(st.text(max_size=120))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(Malformed):
        cursors.parse_page(KEYS, LIMITS, "list", limit=5, cursor=text)


@given(st.integers(0, 40), st.integers(1, 7))
def test_pages_in_both_directions_show_every_row_once(count: int, limit: int) -> None:
    rows = list(range(count))

    def fetched(part: PageRequest) -> Rows[int]:
        if part.before is not None:
            mine = [row for row in reversed(rows) if row < int(part.before.key)]
        else:
            mine = [row for row in rows if part.after is None or row > int(part.after.key)]
        return found(mine[: limit + 1], part, lambda row: Position(str(row), ""))

    forward, page = [], fetched(PageRequest(limit))
    while True:
        forward += page.items
        if page.next is None:
            break
        page = fetched(PageRequest(limit, after=page.next))
    backward = list(page.items)
    while page.prev is not None:
        page = fetched(PageRequest(limit, before=page.prev))
        backward = page.items + backward
    assert forward == rows
    assert backward == rows


@given(st.sampled_from(FailureKind), st.integers(1, 10))
def test_delays_grow_and_end(kind: FailureKind, attempt: int) -> None:
    delay, later = delay_after(kind, attempt), delay_after(kind, attempt + 1)
    if delay is None:
        assert later is None
    else:
        assert later is None or later > delay
    assert kind is not FailureKind.INPUT or delay is None
