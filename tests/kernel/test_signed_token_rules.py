"""The one codec of signed tokens: nothing that was not signed here, for this, is ever read."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.kernel.keys import Keys
from efir.domain.kernel.signed_tokens import SignedTokens, TokenForged

KEYS, OTHER_KEYS = Keys(b"k" * 32), Keys(b"o" * 32)
TOKENS, OTHERS = SignedTokens("one", mac_bytes=12), SignedTokens("another", mac_bytes=12)


@given(st.binary(max_size=60), st.none() | st.text(max_size=20))
def test_what_was_signed_is_read(body: bytes, bound_to: str | None) -> None:
    assert TOKENS.read(KEYS, TOKENS.sign(KEYS, body, bound_to=bound_to), bound_to=bound_to) == body


@given(st.binary(max_size=40), st.text(max_size=9), st.text(max_size=9))
def test_a_token_counts_for_its_purpose_its_key_and_what_it_is_bound_to(body: bytes, one: str, other: str) -> None:
    token = TOKENS.sign(KEYS, body, bound_to=one)
    for tokens, keys, bound_to in ((OTHERS, KEYS, one), (TOKENS, OTHER_KEYS, one), (TOKENS, KEYS, one + other + "x")):
        with pytest.raises(TokenForged):
            tokens.read(keys, token, bound_to=bound_to)


@given(st.text(max_size=8), st.text(min_size=1, max_size=8), st.binary(max_size=8))
def test_a_part_of_the_body_cannot_be_moved_into_what_it_is_bound_to(left: str, moved: str, body: bytes) -> None:
    token = TOKENS.sign(KEYS, moved.encode() + body, bound_to=left)
    mac = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[-12:]
    forged = base64.urlsafe_b64encode(body + mac).rstrip(b"=").decode()
    with pytest.raises(TokenForged):
        TOKENS.read(KEYS, forged, bound_to=left + moved)


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_changed_token_is_refused(body: bytes, data: st.DataObject) -> None:
    token = TOKENS.sign(KEYS, body)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("ABab01-_=+/ .ё\x00").filter(lambda char: char != token[place]))
    for changed in (token[:place] + other + token[place + 1 :], token[:place], token + other, token + "=", " " + token):
        with pytest.raises(TokenForged):
            TOKENS.read(KEYS, changed)


@given(st.text(max_size=60))
def test_invented_tokens_are_refused(text: str) -> None:
    with pytest.raises(TokenForged):
        TOKENS.read(KEYS, text)
