from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.audio.records import InvalidAudio, parse_name, parse_record_title, title_from
from efir.domain.auth import sessions


@pytest.mark.parametrize(("one", "other"), [("Ada", " ADA "), ("Straße", "STRASSE"), ("й", "и\u0306"), ("Ёж", "ёж")])
def test_two_spellings_of_a_name_are_one(one: str, other: str) -> None:
    assert parse_name(one)[1] == parse_name(other)[1]


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "length"), ("   ", "length"), ("a" * 51, "length"), ("a\0b", "characters"), ("a\u202eb", "characters")],
)
def test_a_name_that_cannot_be_shown_is_refused(name: str, code: str) -> None:
    with pytest.raises(InvalidAudio) as caught:
        parse_name(name)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/name", code)]


@given(st.text(max_size=60))
def test_reading_a_name_again_changes_nothing(text: str) -> None:
    try:
        name, key = parse_name(text)
    except InvalidAudio:
        return
    assert parse_name(name) == (name, key)


@given(st.text(max_size=300))
def test_a_title_made_of_a_file_name_is_one_that_could_be_given(filename: str) -> None:
    title = title_from(filename, otherwise="Recording", max_length=120)
    assert parse_record_title(title, max_length=120) == title
    assert "/" not in title
    assert "\\" not in title


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("Rain.wav", "Rain"),
        ("/etc/passwd", "passwd"),
        (".wav", ".wav"),
        ("a.b.wav", "a.b"),
        ("", "Recording"),
        ("Дождь.WAV", "Дождь"),
    ],
)
def test_a_title_is_the_name_of_the_file_alone(filename: str, title: str) -> None:
    assert title_from(filename, otherwise="Recording", max_length=120) == title


@given(st.uuids(version=4))
def test_a_token_that_is_a_uuid_is_read_whatever_its_case(token: UUID) -> None:
    assert sessions.token_secret(str(token).upper()) == str(token)
    for text in (token.hex, f"{{{token}}}", f"{token} ", str(token)[:-1]):
        with pytest.raises(sessions.InvalidToken):
            sessions.token_secret(text)
