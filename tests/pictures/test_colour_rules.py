"""What values mean as light: curves against the figures of their standards, matrices against white."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.domain.pictures.colours import (
    BT2020,
    D65,
    PRIMARIES,
    REFERENCE_WHITE,
    SRGB,
    TRANSFERS,
    Primaries,
    Range,
    conversion,
    from_cicp,
    from_gamma,
    from_nclx,
    srgb_light,
    srgb_value,
)

PARTS = st.floats(0, 1)
ANYTHING = st.integers(0, 255)


@pytest.mark.parametrize(
    ("transfer", "value", "light"),
    [
        (16, 0.5081, 100 / REFERENCE_WHITE), (16, 0.5807, 1.0), (16, 1.0, 10_000 / REFERENCE_WHITE),
        (18, 0.5, 1 / 12), (18, 0.75, 0.2650), (18, 1.0, 1.0), (13, 0.5, 0.2140), (8, 0.3, 0.3), (4, 0.5, 0.2176),
        (1, 0.5, 0.1895), (17, 1.0, 52.37 / 48), (7, 0.0912, 0.0228),
    ],
)  # fmt: skip
def test_curves_give_the_light_of_their_standards(transfer: int, value: float, light: float) -> None:
    assert TRANSFERS[transfer](value) == pytest.approx(light, abs=0.0015, rel=0.002)


@given(st.sampled_from(sorted(TRANSFERS)), PARTS, PARTS)
def test_a_larger_value_is_no_less_light(transfer: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= TRANSFERS[transfer](low) <= TRANSFERS[transfer](high) + 1e-9


@given(PARTS)
def test_srgb_goes_there_and_back(value: float) -> None:
    assert srgb_value(srgb_light(value)) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("number", sorted(PRIMARIES))
def test_white_and_grey_stay_what_they_are(number: int) -> None:
    for row in conversion(PRIMARIES[number], SRGB):
        assert sum(row) == pytest.approx(1, abs=1e-9)


def test_the_wide_primaries_are_those_of_bt_2087() -> None:
    red, green, blue = conversion(BT2020, SRGB)
    assert red == pytest.approx((1.6605, -0.5876, -0.0728), abs=5e-4)
    assert green == pytest.approx((-0.1246, 1.1329, -0.0083), abs=5e-4)
    assert blue == pytest.approx((-0.0182, -0.1006, 1.1187), abs=5e-4)


@given(ANYTHING, ANYTHING)
def test_a_png_is_converted_only_where_both_code_points_are_known(primaries: int, transfer: int) -> None:
    found = from_cicp(primaries, transfer)
    assert (found is not None) == (primaries in PRIMARIES and transfer in TRANSFERS)


def test_an_avif_says_no_more_than_it_knows() -> None:
    assert [from_nclx(*pair) for pair in ((1, 13), (1, 1), (2, 2), (1, 6), (2, 14), (0, 16), (1, 99), (3, 13))] == [
        None
    ] * 8
    wide, hdr, plain = from_nclx(12, 2), from_nclx(2, 16), from_nclx(9, 14)
    assert wide is not None
    assert (wide.primaries, wide.curve) == (PRIMARIES[12], srgb_light)
    assert hdr is not None
    assert (hdr.primaries, hdr.range) == (SRGB, Range.PQ)
    assert plain is not None
    assert (plain.primaries, plain.curve, plain.range) == (BT2020, srgb_light, Range.SDR)


def test_a_gamma_that_means_srgb_is_not_computed() -> None:
    assert [from_gamma(value, None) for value in (0.45455, 0.44, 0.47, 0, -1)] == [None] * 5
    assert from_gamma(0.43, None) is not None
    found = from_gamma(0.45455, SRGB)  # with primaries it means what it says
    assert found is not None
    assert found.curve(0.5) == pytest.approx(0.5**2.2, abs=1e-4)


@pytest.mark.parametrize(
    "wrong",
    [
        Primaries((0, 0), (0, 0), (0, 0), (0, 0)),
        Primaries((0.64, 0.33), (0.64, 0.33), (0.15, 0.06)),
        Primaries((1.9, 0.3), (0.2, 0.9), (0.1, 0.1), (0.3, 0.3)),
        Primaries((0.64, 0.33), (0.3, 0.6), (0.15, 0.06), (0.3, 0)),
    ],
)
def test_primaries_that_make_no_sense_say_nothing(wrong: Primaries) -> None:
    assert from_gamma(1, wrong) is None


@given(st.lists(st.tuples(PARTS, PARTS), min_size=4, max_size=4), st.floats(0.01, 20))
def test_no_primaries_break_the_rule(places: list[tuple[float, float]], gamma: float) -> None:
    found = from_gamma(gamma, Primaries(*places))
    if found is not None:
        for row in conversion(found.primaries, SRGB):
            assert sum(row) == pytest.approx(1, abs=1e-3)


def test_red_green_and_blue_of_p3_are_outside_of_srgb() -> None:
    lights = [min(column) for column in zip(*conversion(PRIMARIES[12], SRGB), strict=True)]
    assert all(light < 0 for light in lights)
    assert PRIMARIES[12].white == D65
