"""Rules of registering in steps: order, life, proof of work."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.accounts.registrations import (
    NEEDED,
    Registration,
    RegistrationFinished,
    RegistrationId,
    RegistrationNotFound,
    RegistrationUnfinished,
    RequireEmail,
    Step,
    expiry,
    proves_work,
    reachable,
    step_after,
    steps_of,
)
from efir.domain.auth.identities import Arrival
from efir.domain.kernel.limits import Limits
from efir.domain.users import InvalidUser, parse_language, parse_nickname, parse_phone

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
ID = RegistrationId(UUID(int=7))
PERSON = UUID(int=8)


def described(**told: object) -> Registration:
    """A registration with some answers."""
    return Registration(id=ID, ticket_hash=b"", created_at=START, expires_at=START, **told)  # type: ignore[arg-type]  # as told


def test_steps_follow_one_another_and_a_picture_may_be_left_out() -> None:
    assert step_after(("nickname", "email", "password"), pictured=False) is Step.NAME
    assert step_after(("email", "password"), pictured=False) is Step.EMAIL
    assert step_after(("password",), pictured=False) is Step.PASSWORD
    assert step_after((), pictured=False) is Step.PICTURE
    assert step_after((), pictured=True) is Step.CHECK


@given(st.sets(st.sampled_from(list(NEEDED))), st.sampled_from(Step))
def test_no_step_is_reached_before_the_ones_it_needs(missing: set[str], wanted: Step) -> None:
    gaps = tuple(name for name in NEEDED if name in missing)
    shown = reachable(wanted, gaps)
    order = list(Step)
    assert order.index(shown) <= order.index(wanted)
    assert order.index(shown) <= order.index(step_after(gaps, pictured=True))
    if not gaps:
        assert shown is wanted


def test_what_is_missing_is_named() -> None:
    with pytest.raises(RegistrationUnfinished) as refused:
        described(nickname="ada").complete(RequireEmail.LATER)
    assert [error.pointer for error in refused.value.errors] == ["/email", "/password"]
    whole = described(nickname="ada", email="a@b.c", password=b"x")
    assert whole.complete(RequireEmail.LATER) is whole
    assert whole.missing(RequireEmail.FINISH) == ("email_code",)
    assert replace(whole, email_verified_at=START).missing(RequireEmail.FINISH) == ()


def test_a_provider_stands_in_for_a_password_only_with_issuer_and_subject() -> None:
    told = {"nickname": "ada", "email": "a@b.c"}
    known = described(**told, issuer="https://id.example", sub="1", provider="elsewhere", shown="a@b.c")
    assert known.missing(RequireEmail.LATER) == ()
    assert known.arrival == Arrival(issuer="https://id.example", sub="1", provider="elsewhere", shown="a@b.c")
    for part in ("issuer", "sub", "provider"):
        less = replace(known, **{part: None})  # type: ignore[arg-type]  # one of the three
        assert (less.arrival, less.missing(RequireEmail.LATER)) == (None, ("password",))


@pytest.mark.parametrize(
    ("require", "arrived", "steps"),
    [
        (RequireEmail.LATER, False, "name email password picture"),
        (RequireEmail.FINISH, False, "name email code password picture"),
        (RequireEmail.LATER, True, "name email picture"),
        (RequireEmail.FINISH, True, "name email code picture"),
    ],
)
def test_who_comes_and_the_settings_decide_which_pages_are_asked(
    *, require: RequireEmail, arrived: bool, steps: str
) -> None:
    assert " ".join(steps_of(require_email=require, arrived=arrived)) == steps


def test_a_code_counts_for_its_time_and_five_tries() -> None:
    until = START + timedelta(minutes=10)
    sent = described(email_code_hash=b"x", email_code_until=until)
    assert sent.takes_codes(START)
    assert not sent.takes_codes(until)
    assert not replace(sent, email_code_tries=5).takes_codes(START)
    assert not described().takes_codes(START)


def test_a_finished_registration_cannot_be_changed_and_another_ones_is_not_found() -> None:
    with pytest.raises(RegistrationFinished):
        described(user_id=PERSON).open()
    with pytest.raises(RegistrationNotFound):
        described().require_id(PERSON)
    assert described().require_id(ID).require_id(None).id == ID


@given(st.integers(0, 30 * 3600))
def test_a_registration_slides_an_hour_and_never_lives_longer_than_a_day(seconds: int) -> None:
    now, limits = START + timedelta(seconds=seconds), Limits()
    end = expiry(now, START, limits)
    assert end <= now + timedelta(hours=1)
    assert end <= START + timedelta(days=1)
    assert end == now + timedelta(hours=1) or end == START + timedelta(days=1)


def test_work_is_proven_by_zero_bits_and_by_nothing_longer_than_it_must_be() -> None:
    nonce = next(str(number) for number in range(10**6) if proves_work("text", str(number), 10))
    assert not proves_work("another", nonce, 10) or not proves_work("third", nonce, 10)
    assert not proves_work("text", nonce, 200)
    assert not proves_work("text", "0" * 33, 0)


@pytest.mark.parametrize(("told", "kept"), [("+31 (20) 123-45.67", "+31201234567"), ("+79161234567", "+79161234567")])
def test_a_phone_number_is_kept_as_its_digits(told: str, kept: str) -> None:
    assert parse_phone(told) == kept


@pytest.mark.parametrize("told", ["", "31201234567", "+0123456789", "+12", "+1234567890123456", "+31abc1234567"])
def test_what_is_no_phone_number_is_refused(told: str) -> None:
    with pytest.raises(InvalidUser):
        parse_phone(told)


def test_only_languages_of_the_pages_are_known() -> None:
    assert parse_language("ru") == "ru"
    with pytest.raises(InvalidUser):
        parse_language("de")


@pytest.mark.parametrize(
    "name",
    [
        "admin",
        "Admin",
        "a-d-m-i-n",
        "r00ms",
        "аdmin",
        "ad\u200bmin",
        "admin\u202e",
        "ａｄｍｉｎ",
        "register",
        "api",
        "аdа",
        "efir",
    ],
)
def test_look_alikes_and_reserved_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidUser):
        parse_nickname(name)
