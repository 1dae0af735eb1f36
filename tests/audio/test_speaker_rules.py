"""The mix of three and more channels: whatever a mask says, each is heard and nothing clips."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.audio.speakers import AZIMUTH, FIELDS, stereo_gains

CHANNELS = st.integers(3, 8)
MASKS = st.one_of(
    st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 0x3F, 0x60F, 0x63F, 0xC, 0x8, 0x2D63F, 0x80000000, 0x3FFFF])
)
HEARD = 0.02  # of full scale, -34 dB: the least that a channel has on its better side


@given(CHANNELS, MASKS, st.booleans())
def test_every_channel_is_heard_and_all_together_fit(channels: int, mask: int, ambisonic: bool) -> None:  # noqa: FBT001  # hypothesis
    gains = stereo_gains(channels, mask, ambisonic=ambisonic)
    assert len(gains) == channels
    assert all(max(map(abs, gain)) >= HEARD for gain in gains), gains
    assert all(sum(abs(gain[side]) for gain in gains) <= 1 + 1e-9 for side in (0, 1))
    assert max(sum(abs(gain[side]) for gain in gains) for side in (0, 1)) == pytest.approx(1)


@given(CHANNELS)
def test_without_a_mask_the_first_two_are_left_and_right_and_the_others_are_alike(channels: int) -> None:
    left, right, *others = stereo_gains(channels, 0)
    assert (left[1], right[0], left[0]) == (0, 0, right[1])
    assert {tuple(other) for other in others} == {others[0]}
    assert others[0][0] == others[0][1] == pytest.approx(left[0] * 0.5**0.5)


def test_a_real_five_one_keeps_its_places_and_its_low_frequencies() -> None:
    front, _, centre, low, back, _ = stereo_gains(6, 0x3F)
    assert (front[1], back[1]) == (0, 0)
    assert centre[0] == centre[1] > low[0] == low[1] > 0
    assert front[0] > centre[0]
    assert stereo_gains(6, 0x60F)[4] == back, "side and back speakers are alike on two"


def test_speakers_above_and_between_are_on_their_side() -> None:
    assert [gain[0] > gain[1] for gain in stereo_gains(4, 0x1000 | 0x4000 | 0x40 | 0x80)] == [True, False, True, False]


def test_channels_beyond_the_mask_are_in_the_middle_and_bits_beyond_the_channels_say_nothing() -> None:
    gains = stereo_gains(5, 0x3)
    assert [gain[0] == gain[1] for gain in gains] == [False, False, True, True, True]
    assert stereo_gains(4, 0x33) == stereo_gains(4, 0x33 | 0x3FF00)


@given(st.sampled_from([3, 4, 5, 6, 7, 8]))
def test_a_sound_field_is_heard_by_two_mirrored_microphones(channels: int) -> None:
    gains = stereo_gains(channels, 0, ambisonic=True)
    assert all(abs(gain[0]) == abs(gain[1]) for gain in gains)
    assert gains[2][0] == -gains[2][1] > 0, "what comes from the left is on the left"
    assert gains[0][0] == gains[0][1] > 0


@pytest.mark.parametrize("channels", [channels for channels in FIELDS if "V" in FIELDS[channels]])
def test_finer_components_of_a_field_are_heard_from_where_the_microphones_point(channels: int) -> None:
    left = dict(zip(FIELDS[channels], (gain[0] for gain in stereo_gains(channels, 0, ambisonic=True)), strict=True))
    for order, (across, along) in enumerate(("UV", "PQ"), 2):
        if along in left:
            assert math.atan2(left[along], left[across]) == pytest.approx(order * AZIMUTH)
