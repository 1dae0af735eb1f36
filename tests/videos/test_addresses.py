import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from efir.adapters.links import SiteLinks
from efir.application.videos.signed_urls import (
    AddressExpired,
    AddressRefused,
    Grant,
    ViewerClass,
    check,
    expiry,
    key_mark,
    token,
)
from efir.domain.kernel.ids import VideoId
from efir.domain.kernel.keys import Keys

KEYS = Keys(b"k" * 32)
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
VIDEO = VideoId(UUID(int=7))
GRANT = Grant(video_id=VIDEO, generation=1, access_epoch=3, viewer=ViewerClass.OWNER)

grants = st.builds(
    Grant,
    video_id=st.uuids().map(VideoId),
    generation=st.integers(1, 10**6),
    access_epoch=st.integers(0, 10**6),
    viewer=st.sampled_from(ViewerClass),
)
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants naive bounds


def checked(text: str, grant: Grant, *, now: datetime = NOW, keys: Keys = KEYS) -> Grant:
    return check(keys, text, video_id=grant.video_id, generation=grant.generation, epoch=grant.access_epoch, now=now)


@given(grants, times, st.floats(0, 30_000))
def test_a_token_opens_what_it_was_made_for_until_it_expires(grant: Grant, now: datetime, duration: float) -> None:
    expires = expiry(now, duration)
    text = token(KEYS, grant, expires=expires)
    assert checked(text, grant, now=now) == grant
    assert checked(text, grant, now=expires - timedelta(seconds=1)) == grant
    with pytest.raises(AddressExpired):
        checked(text, grant, now=expires)


@given(times, st.floats(0, 30_000))
def test_an_expiry_leaves_time_to_watch_and_falls_on_ten_minutes(now: datetime, duration: float) -> None:
    expires = expiry(now, duration)
    assert expires.timestamp() % 600 == 0
    wanted = now + timedelta(seconds=duration, hours=1)
    assert wanted - timedelta(milliseconds=1) <= expires < wanted + timedelta(minutes=10, milliseconds=1)


@given(grants, grants)
def test_a_token_opens_nothing_else(made: Grant, tried: Grant) -> None:
    assume(
        (made.video_id, made.generation, made.access_epoch) != (tried.video_id, tried.generation, tried.access_epoch)
    )
    with pytest.raises(AddressRefused):
        checked(token(KEYS, made, expires=expiry(NOW, 0)), tried)


@pytest.mark.parametrize("change", [{"generation": 2}, {"access_epoch": 4}, {"video_id": VideoId(UUID(int=8))}])
def test_each_fact_is_under_the_seal(change: dict[str, Any]) -> None:
    facts = {"video_id": VIDEO, "generation": 1, "access_epoch": 3, **change}
    with pytest.raises(AddressRefused):
        checked(token(KEYS, GRANT, expires=expiry(NOW, 0)), Grant(viewer=GRANT.viewer, **facts))


@given(st.integers(0, 50), st.characters(codec="ascii"))
def test_one_changed_character_breaks_the_token(position: int, character: str) -> None:
    text = token(KEYS, GRANT, expires=expiry(NOW, 60))
    position %= len(text)
    changed = text[:position] + character + text[position + 1 :]
    assume(changed != text)
    with pytest.raises(AddressRefused):
        checked(changed, GRANT)


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    with pytest.raises(AddressRefused):
        checked(text, GRANT)


def test_a_longer_life_cannot_be_claimed_nor_an_expired_one_be_told_from_a_false_one() -> None:
    seconds, mark, mac = token(KEYS, GRANT, expires=NOW).split(".")
    for claimed in (f"{int(seconds) + 600}.{mark}.{mac}", f"{seconds}.{mark}.{'A' * 22}"):
        with pytest.raises(AddressRefused):
            checked(claimed, GRANT)


def test_another_key_opens_nothing_whatever_mark_the_token_bears() -> None:
    other = Keys(b"n" * 32)
    text = token(KEYS, GRANT, expires=expiry(NOW, 0))
    assert key_mark(other) != key_mark(KEYS)
    for tried in (text, text.replace(key_mark(KEYS), key_mark(other))):
        with pytest.raises(AddressRefused):
            checked(tried, GRANT, keys=other)
    with pytest.raises(AddressRefused):
        checked(text.replace(key_mark(KEYS), key_mark(other)), GRANT)


def test_folders_are_plain_paths() -> None:
    links = SiteLinks("https://efir.example")
    assert links.open_media(VIDEO, 2) == f"/media/v/{VIDEO}/2"
    signed = links.signed_media(token(KEYS, GRANT, expires=expiry(NOW, 0)), VIDEO, 1)
    assert re.fullmatch(rf"/media/s/[0-9]+\.[0-9a-f]{{8}}\.[A-Za-z0-9_-]{{22}}/{VIDEO}/1", signed)


def test_the_token_of_a_minute_is_the_token_of_the_next() -> None:
    assert len({token(KEYS, GRANT, expires=expiry(NOW + timedelta(seconds=second), 61)) for second in range(300)}) == 1
