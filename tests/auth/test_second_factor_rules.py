"""Rules of second factors, of passkeys, and of addresses to return to."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from efir.domain.auth.passkeys import Passkey, PasskeyId, PasskeyInvalid, parse_label, site_name
from efir.domain.auth.redirects import local_path
from efir.domain.auth.second_factors import CodesLocked, Totp, WrongCode, recovery_code, typed_code
from efir.domain.kernel.ids import UserId

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=15)
SITE = "https://efir.example"
PIECES = st.sampled_from(["/", "\\", "%2f", "%5C", "//", "@", ":", "evil.example", "a", "?", "#", ".", "..", "\t", "\n",
                          "%09", "https:", "javascript:", "&", ";", " "])  # fmt: skip


@given(st.text(max_size=40) | st.lists(PIECES, max_size=8).map("".join))
@example("//evil.example")
@example("/\\evil.example")
@example("/%2f/evil.example")
@example("/\t/evil.example")
@example("/a//evil.example")
@example("/a/..//evil.example")
def test_a_path_to_return_to_stays_on_this_site(text: str) -> None:
    path = local_path(text)
    assert path in {"/", text}
    for cleaned in (path, path.replace("\t", "").replace("\n", ""), path.replace("\\", "/")):
        assert urlsplit(urljoin(f"{SITE}/login", cleaned)).netloc == "efir.example"
    assert "//" not in path.partition("?")[0]


@pytest.mark.parametrize("path", ["/", "/studio", "/watch/1?t=5&list=a,b", "/u/@ada", "/search?q=%2F%D1%8D"])
def test_paths_of_this_site_are_kept(path: str) -> None:
    assert local_path(path) == path
    assert local_path(None) == "/"


@given(st.binary(min_size=10, max_size=10))
def test_a_recovery_code_is_read_back_however_it_is_written(random: bytes) -> None:
    code = recovery_code(random)
    bare = code.replace("-", "")
    for spelling in (code, bare, code.upper(), code.replace("-", " "), f"  {code}\n"):
        assert typed_code(spelling) == (bare, True)


@given(st.text(max_size=30))
def test_what_is_no_code_is_wrong(text: str) -> None:
    try:
        bare, recovery = typed_code(text)
    except WrongCode:
        return
    assert len(bare) == (16 if recovery else 6)
    assert bare.isascii()


def test_digits_of_other_alphabets_are_no_code() -> None:
    with pytest.raises(WrongCode):
        typed_code("١٢٣٤٥٦")
    assert typed_code("123 456") == ("123456", False)


@given(st.lists(st.integers(0, 1200), max_size=30))
def test_no_window_holds_more_than_five_guesses(pauses: list[int]) -> None:
    totp, now = Totp(user_id=UserId(UUID(int=1)), secret_sealed=b""), NOW
    tried: list[datetime] = []
    waits: list[int] = []
    for pause in pauses:
        now += timedelta(seconds=pause)
        try:
            totp.allow(most=5, window=WINDOW, now=now)
        except CodesLocked as locked:
            waits.append(locked.retry_after or 0)
            continue
        tried.append(now)
        wrong, since = totp.after_wrong(window=WINDOW, now=now)
        totp = Totp(user_id=totp.user_id, secret_sealed=b"", wrong=wrong, wrong_since=since)
    assert [wait for wait in waits if not 0 < wait <= WINDOW.total_seconds() + 1] == []
    for start in tried:
        assert len([at for at in tried if start <= at < start + WINDOW]) <= 10  # two windows may meet
    assert len(tried) <= 5 * (1 + sum(pauses) // WINDOW.total_seconds())


@given(st.integers(0, 1 << 32), st.integers(0, 1 << 32))
def test_a_count_that_does_not_grow_is_a_copy_unless_nobody_counts(kept: int, told: int) -> None:
    passkey = Passkey(
        id=PasskeyId(UUID(int=1)), cred_id=b"", user_id=UserId(UUID(int=1)), public_key=b"", sign_count=kept,
        backup_eligible=False, backed_up=False, aaguid="", transports=[], label="", created_at=NOW,
    )  # fmt: skip
    assert passkey.counts_on(told) is (told > kept or told == kept == 0)


def test_labels_are_short_and_visible() -> None:
    assert parse_label("  Red key ", otherwise="Firefox") == "Red key"
    assert parse_label(" ", otherwise="Firefox, Linux") == "Firefox, Linux"
    for wrong in ("x" * 61, "a\nb", "a\u200bb"):
        with pytest.raises(PasskeyInvalid):
            parse_label(wrong, otherwise="")


@pytest.mark.parametrize(
    ("host", "name"),
    [("efir.example", "efir.example"), ("127.0.0.1", "localhost"), ("::1", "localhost"), ("192.0.2.7", "")],
)
def test_passkeys_are_for_names(host: str, name: str) -> None:
    assert site_name(host) == name
