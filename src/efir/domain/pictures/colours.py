"""Colour spaces of pictures: transfer functions and primaries, and their conversion for an sRGB screen.

Code points are those of ITU-T H.273, which PNG (`cICP`) and AVIF (`nclx`) share.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

Row = tuple[float, float, float]
Matrix = tuple[Row, Row, Row]
Point = tuple[float, float]
Curve = Callable[[float], float]

D65: Point = (0.3127, 0.3290)
C: Point = (0.310, 0.316)
REFERENCE_WHITE = 203.0  # cd/m² of diffuse white in HDR pictures (ITU-R BT.2408 §2.2)
PQ_PEAK, HLG_PEAK = 10_000.0, 1_000.0  # cd/m² (SMPTE ST 2084; ITU-R BT.2100 table 5)
USUAL_PEAK = 1_000.0  # cd/m² of an HDR picture that does not declare its peak
HLG_GAMMA = 1.2  # of a display with that peak (ITU-R BT.2100 table 5)
BT2020_LIGHT: Row = (0.2627, 0.6780, 0.0593)
BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
WHITE_STAYS = 1e-3  # tolerated rounding error of white, with nearly collinear primaries
LIKE_SRGB = 0.05  # an exponent this close to 1 / 2.2 means sRGB, as in libpng


@dataclass(frozen=True, slots=True)
class Primaries:
    """Chromaticities (x, y) of red, green, blue and white."""

    red: Point
    green: Point
    blue: Point
    white: Point = D65


class Range(StrEnum):
    """How light brighter than white is encoded: not at all, absolute (PQ), or relative to a display (HLG)."""

    SDR = "sdr"
    PQ = "pq"
    HLG = "hlg"


@dataclass(frozen=True, slots=True)
class Colours:
    """A colour space: `curve` maps values from 0 to 1 to light, 1 is white (scene light for HLG); `peak` in cd/m²."""

    primaries: Primaries
    curve: Curve
    range: Range = Range.SDR
    peak: float = USUAL_PEAK


def srgb_light(value: float) -> float:
    """Return the linear light of an sRGB value (IEC 61966-2-1), both from 0 to 1."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004  # of the standard


def srgb_value(light: float) -> float:
    """Return the sRGB value of linear light, both from 0 to 1; other light is clipped to this range."""
    light = min(1.0, max(0.0, light))
    return light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055  # noqa: PLR2004  # as above


def exponent(power: float) -> Curve:
    """Return the curve of a pure power function."""
    return lambda value: float(value**power)


def _smpte240(value: float) -> float:
    return value / 4 if value < 0.0912 else ((value + 0.1115) / 1.1115) ** (1 / 0.45)  # noqa: PLR2004  # ST 240


def _pq(value: float) -> float:
    power = value ** (32 / 2523)  # SMPTE ST 2084 §5
    light = max(power - 3424 / 4096, 0.0) / (2413 / 128 - 2392 / 128 * power)
    return float(light ** (16384 / 2610)) * PQ_PEAK / REFERENCE_WHITE


def _hlg(value: float) -> float:
    if value <= 0.5:  # noqa: PLR2004  # ITU-R BT.2100 table 5
        return value * value / 3
    return (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12


PRIMARIES: Mapping[int, Primaries] = {
    1: Primaries((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    4: Primaries((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), C),
    5: Primaries((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: Primaries((0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    8: Primaries((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), C),
    9: Primaries((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    10: Primaries((1.0, 0.0), (0.0, 1.0), (0.0, 0.0), (1 / 3, 1 / 3)),
    11: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: Primaries((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: Primaries((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
SRGB, BT2020 = PRIMARIES[1], PRIMARIES[9]
BT709_TRANSFERS = frozenset({1, 6, 11, 14, 15})
TRANSFERS: Mapping[int, Curve] = {
    **dict.fromkeys(BT709_TRANSFERS, exponent(2.4)),  # as a display shows it (ITU-R BT.1886)
    4: exponent(2.2), 5: exponent(2.8), 7: _smpte240, 8: exponent(1), 13: srgb_light,
    16: _pq, 17: lambda value: float(value**2.6) * 52.37 / 48, 18: _hlg,
}  # fmt: skip
RANGES = {16: Range.PQ, 18: Range.HLG}


def from_cicp(primaries: int, transfer: int, peak: float = USUAL_PEAK) -> Colours | None:
    """Return the colour space of a PNG's code points (PNG 3rd ed. §11.3.2.6); None unless both are known."""
    if primaries not in PRIMARIES or transfer not in TRANSFERS:
        return None
    return Colours(PRIMARIES[primaries], TRANSFERS[transfer], RANGES.get(transfer, Range.SDR), peak)


def from_nclx(primaries: int, transfer: int, peak: float = USUAL_PEAK) -> Colours | None:
    """Return the colour space of an AVIF's code points, None for sRGB.

    As in Chromium, unknown code points and the curves of BT.709 are read as sRGB.
    """
    if not primaries or transfer in BT709_TRANSFERS or transfer not in TRANSFERS:
        transfer = 13
    found = PRIMARIES.get(primaries, SRGB)
    same = found == SRGB and transfer == 13  # noqa: PLR2004  # sRGB
    return None if same else Colours(found, TRANSFERS[transfer], RANGES.get(transfer, Range.SDR), peak)


def from_gamma(gamma: float, primaries: Primaries | None) -> Colours | None:
    """Read the colours of a PNG without a profile (PNG 3rd ed. §11.3.2.2); None for sRGB and for invalid values."""
    if gamma <= 0 or (primaries is None and abs(gamma * 2.2 - 1) <= LIKE_SRGB):
        return None
    if primaries is not None and not _makes_sense(primaries):
        return None
    return Colours(primaries or SRGB, exponent(1 / gamma))


def conversion(source: Primaries, target: Primaries) -> Matrix:
    """Return the matrix that converts linear light between sets of primaries; white stays white (Bradford)."""
    return _times(_inverse(_to_xyz(target)), _to_xyz(source))


def _makes_sense(primaries: Primaries) -> bool:
    points = (primaries.red, primaries.green, primaries.blue, primaries.white)
    if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in points) or not primaries.white[1]:
        return False
    try:
        return all(abs(sum(row) - 1) < WHITE_STAYS for row in conversion(primaries, SRGB))  # also false for NaN
    except (ZeroDivisionError, OverflowError):
        return False


def _to_xyz(primaries: Primaries) -> Matrix:
    """Return the matrix from linear light in these primaries to CIE XYZ, relative to D65."""
    columns = [(x, y, 1 - x - y) for x, y in (primaries.red, primaries.green, primaries.blue)]
    mixed = _rows(*zip(*columns, strict=True))
    white = _xyz(primaries.white)
    scales = _apply(_inverse(mixed), white)
    scaled = _rows(*(tuple(value * scale for value, scale in zip(row, scales, strict=True)) for row in mixed))
    cones = [to / of for to, of in zip(_apply(BRADFORD, _xyz(D65)), _apply(BRADFORD, white), strict=True)]
    adapted = _rows(*(tuple(value * cone for value in row) for row, cone in zip(BRADFORD, cones, strict=True)))
    return _times(_times(_inverse(BRADFORD), adapted), scaled)


def _xyz(point: Point) -> Row:
    x, y = point
    return x / y, 1.0, (1 - x - y) / y


def _rows(*rows: tuple[float, ...]) -> Matrix:
    first, second, third = ((row[0], row[1], row[2]) for row in rows)
    return first, second, third


def _apply(matrix: Matrix, vector: Row) -> Row:
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def _times(one: Matrix, other: Matrix) -> Matrix:
    columns = tuple(zip(*other, strict=True))
    return _rows(*(tuple(sum(a * b for a, b in zip(row, col, strict=True)) for col in columns) for row in one))


def _inverse(matrix: Matrix) -> Matrix:
    """Invert by cofactors. Raises ZeroDivisionError for a matrix that has no inverse."""
    (a, b, c), (d, e, f), (g, h, i) = matrix
    cofactors = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    if abs(determinant) < 1e-9:  # noqa: PLR2004  # three colours on one line
        raise ZeroDivisionError
    return _rows(*(tuple(value / determinant for value in row) for row in cofactors))
