"""Names and passwords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.users import InvalidUser, parse_display_name, parse_nickname, parse_password, parse_phone, skeleton

ANY = st.text(max_size=80)


def codes(error: pytest.ExceptionInfo[InvalidUser]) -> set[str]:
    return {row.code for row in error.value.errors}


@given(ANY)
def test_a_nickname_is_ascii_in_canonical_form_or_refused(text: str) -> None:
    try:
        nickname = parse_nickname(text)
    except InvalidUser:
        return
    assert nickname.isascii()
    assert nickname == nickname.lower()
    assert parse_nickname(nickname) == nickname


@pytest.mark.parametrize(
    "text", ["ad", "a" * 31, "-ada", "ada-", "a--da", "a.-da", "аdmin", "ada lovelace", "ａda", ""]
)
def test_a_nickname_of_other_letters_or_shape_is_refused(text: str) -> None:
    with pytest.raises(InvalidUser):
        parse_nickname(text)


@pytest.mark.parametrize("text", ["admin", "Admin", "a-d-m-i-n", "upl0ad", "e.f.i.r"])
def test_reserved_names_are_refused_in_every_disguise(text: str) -> None:
    with pytest.raises(InvalidUser) as error:
        parse_nickname(text)
    assert codes(error) == {"reserved"}


@pytest.mark.parametrize(
    ("one", "other"), [("modern", "modem"), ("paypal", "paypa1"), ("wow", "vvovv"), ("bob", "b.o.b")]
)
def test_names_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


@given(ANY)
def test_a_display_name_shows_what_it_is(text: str) -> None:
    try:
        name = parse_display_name(text)
    except InvalidUser:
        return
    assert name == name.strip()
    assert not any(char in name for char in "\u202e\u200b\x00\n")


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "length"), ("x" * 257, "length"), ("aaaaaaaaaaaa", "common"), ("Password123", "common"),
     ("ada@example.org", "personal"), ("adalovelace1", "personal"), ("1ecalevolada", "personal"),
     ("AdaLovelace11815", "personal"), ("EfirEfir2026", "personal"), ("example1234", "personal")],
)  # fmt: skip
def test_a_guessable_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(InvalidUser) as error:
        parse_password(password, nickname="adalovelace1", email_key="ada@example.org", guesses={"password123"})
    assert codes(error) == {code}


@given(st.text(alphabet="abcdefgh ", min_size=10, max_size=256).filter(lambda text: len(set(text)) > 2))
def test_any_long_password_is_taken_as_it_is(text: str) -> None:
    assert parse_password(text, nickname="zzz", email_key="z@z.zz", guesses=()) == text


@pytest.mark.parametrize("text", ["example and more", "ada, count of Lovelace", "the efir is on air"])
def test_a_personal_word_within_a_longer_password_is_no_matter(text: str) -> None:
    assert parse_password(text, nickname="adalovelace1", email_key="ada@example.org", guesses=()) == text


def test_a_password_is_kept_in_one_normal_form() -> None:
    given = "cafe\u0301 au lait, s'il vous"
    assert parse_password(given, nickname="ada", email_key="a@b.cd", guesses=()) == "caf\u00e9 au lait, s'il vous"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+44 20 7946 0958", "+442079460958"),
        ("+7 (495) 123-45-67", "+74951234567"),
        ("+1.202.555.0143", "+12025550143"),
    ],
)
def test_a_phone_number_is_kept_as_e164(text: str, number: str) -> None:
    assert parse_phone(text) == number


@pytest.mark.parametrize("text", ["", "12025550143", "+0 123 456 789", "+12", "+1234567890123456", "+1 202 CALL ME"])
def test_what_is_no_phone_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidUser) as error:
        parse_phone(text)
    assert codes(error) == {"phone"}
