"""What may be said about a video, and to whom it is shown."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.channels import ChannelId, fold
from efir.domain.kernel.ids import UserId, VideoId
from efir.domain.kernel.limits import Limits
from efir.domain.videos.video import (
    InvalidVideo,
    Video,
    VideoNotFound,
    VideoState,
    Visibility,
    may_watch,
    parse_description,
    parse_tags,
    parse_title,
)

LIMITS = Limits()
OWNER, STRANGER = UserId(UUID(int=1)), UserId(UUID(int=2))
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def video(visibility: Visibility) -> Video:
    return Video(
        id=VideoId(UUID(int=3)), channel_id=ChannelId(UUID(int=4)), owner_id=OWNER, title="A", description="",
        tags=[], visibility=visibility, state=VideoState.READY, generation=1, access_epoch=0, source_key="src/x",
        created_at=NOW, updated_at=NOW,
    )  # fmt: skip


@given(st.text(max_size=200))
def test_a_title_is_one_clean_line_or_refused(text: str) -> None:
    try:
        title = parse_title(text, LIMITS)
    except InvalidVideo:
        return
    assert title
    assert len(title) <= LIMITS.max_title_length
    assert "\n" not in title
    assert parse_title(title, LIMITS) == title


@given(st.lists(st.text(min_size=2, max_size=40), max_size=25))
def test_tags_are_few_and_each_is_there_once(tags: list[str]) -> None:
    try:
        kept = parse_tags(tags, LIMITS)
    except InvalidVideo:
        return
    assert len(kept) <= LIMITS.max_tags
    assert len({fold(tag) for tag in kept}) == len(kept)


def test_a_tag_written_twice_in_other_letters_is_one_tag() -> None:
    assert parse_tags(["#Ёлка", "елка", "ЕЛКА"], LIMITS) == ["Ёлка"]


def test_a_description_has_a_bound() -> None:
    assert parse_description("a \n b\n", LIMITS) == "a\n b"
    with pytest.raises(InvalidVideo):
        parse_description("x" * (LIMITS.max_description_length + 1), LIMITS)


@pytest.mark.parametrize("visibility", Visibility)
def test_only_a_private_video_is_hidden_and_never_from_its_owner(visibility: Visibility) -> None:
    assert may_watch(visibility, owner_id=OWNER, viewer=OWNER)
    for viewer in (STRANGER, None):
        assert may_watch(visibility, owner_id=OWNER, viewer=viewer) == (visibility is not Visibility.PRIVATE)


def test_a_stranger_is_told_that_there_is_no_such_video() -> None:
    with pytest.raises(VideoNotFound):
        video(Visibility.PUBLIC).owned_by(STRANGER)
