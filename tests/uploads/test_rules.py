import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.ids import UserId
from efir.domain.kernel.limits import Limits
from efir.domain.uploads import (
    OffsetMismatch,
    Upload,
    UploadGone,
    UploadId,
    UploadJoined,
    UploadMalformed,
    UploadNotFound,
    UploadState,
    UploadTooLarge,
    UploadUnfinished,
    UploadUsed,
    announced_digest,
    expiry,
    joinable,
    parse_metadata,
    room,
)

LIMITS = Limits(upload_bytes=1000)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
ADA, EVE = UserId(UUID(int=1)), UserId(UUID(int=2))
OPEN = Upload(
    id=UploadId(UUID(int=7)), owner_id=ADA, state=UploadState.OPEN, length=100, stored_offset=40, filename="",
    filetype="", metadata="", sha256=None, partial=False, concat="", writer_fence=0, created_at=NOW, expires_at=NOW,
)  # fmt: skip


@given(
    st.dictionaries(
        st.text("abcXYZ_-", min_size=1),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=50),
        max_size=5,
    )
)
def test_metadata_comes_back_as_it_was_written(values: dict[str, str]) -> None:
    text = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
    assert parse_metadata(text) == values


@given(st.text(max_size=60))
def test_any_metadata_is_read_or_refused(text: str) -> None:
    try:
        found = parse_metadata(text)
    except UploadMalformed:
        return
    assert all(key.isascii() and "\0" not in value for key, value in found.items())


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", None), ("a QQ==", None), (f"sha256 {base64.b64encode(b'AB' * 32).decode()}", "ab" * 32)],
)
def test_an_announced_digest_is_hexadecimal(value: str, expected: str | None) -> None:
    assert announced_digest(value) == expected


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_expiry_moves_on_but_never_beyond_the_life(age: int, later: int) -> None:
    limits = Limits()
    first = expiry(NOW, NOW + timedelta(seconds=age), limits)
    second = expiry(NOW, NOW + timedelta(seconds=age + later), limits)
    assert first <= second <= NOW + timedelta(seconds=limits.upload_life_seconds)


def test_only_the_owner_has_an_upload() -> None:
    assert OPEN.owned_by(ADA) is OPEN
    with pytest.raises(UploadNotFound):
        OPEN.owned_by(EVE)
    with pytest.raises(UploadNotFound):
        replace(OPEN, state=UploadState.GONE).owned_by(EVE)
    with pytest.raises(UploadGone):
        replace(OPEN, state=UploadState.GONE).owned_by(ADA)


@pytest.mark.parametrize(
    ("upload", "error"),
    [
        (OPEN, UploadUnfinished),
        (replace(OPEN, state=UploadState.USED), UploadUsed),
        (replace(OPEN, state=UploadState.GONE), UploadGone),
        (replace(OPEN, state=UploadState.FINISHED, partial=True), UploadUnfinished),
    ],
)
def test_a_video_is_made_of_a_finished_whole_upload_only(upload: Upload, error: type[DomainError]) -> None:
    with pytest.raises(error):
        upload.usable_by(ADA)
    whole = replace(OPEN, state=UploadState.FINISHED)
    assert whole.usable_by(ADA) is whole


@given(st.integers(0, 200))
def test_bytes_are_appended_at_the_stored_offset_only(offset: int) -> None:
    if offset == 40:
        assert OPEN.appendable_at(offset) is OPEN
        return
    with pytest.raises(OffsetMismatch):
        OPEN.appendable_at(offset)


def test_a_joined_upload_takes_no_bytes() -> None:
    with pytest.raises(UploadJoined):
        replace(OPEN, concat="final;x").appendable_at(40)


def test_a_length_is_said_once_and_holds_what_is_there() -> None:
    deferred = replace(OPEN, length=None)
    assert OPEN.length_with(None, LIMITS) == OPEN.length_with(100, LIMITS) == 100
    assert deferred.length_with(None, LIMITS) is None
    assert deferred.length_with(40, LIMITS) == 40
    for upload, declared, error in (
        (OPEN, 101, UploadMalformed),
        (deferred, 39, UploadMalformed),
        (deferred, 1001, UploadTooLarge),
    ):
        with pytest.raises(error):
            upload.length_with(declared, LIMITS)


def test_room_is_what_is_left() -> None:
    assert (room(40, 100, LIMITS), room(100, 100, LIMITS), room(40, None, LIMITS)) == (60, 0, 960)


def test_parts_are_joined_when_each_is_finished_and_the_sum_fits() -> None:
    part = replace(OPEN, state=UploadState.FINISHED, partial=True, stored_offset=600, length=600)
    assert joinable([part, replace(part, stored_offset=400)], LIMITS) == 1000
    for parts, error in (
        ([part, part], UploadTooLarge),
        ([part, replace(part, state=UploadState.OPEN)], UploadUnfinished),
        ([replace(part, partial=False)], UploadMalformed),
    ):
        with pytest.raises(error):
            joinable(parts, LIMITS)
