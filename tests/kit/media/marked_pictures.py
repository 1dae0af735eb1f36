"""Pictures that say which frame they are: drawn without any codec, read back after scaling and coding.

A picture is a grey ground with a white and a black cell to measure by, the frame's number in cells of black and white,
a square on black, four patches of colour, and a field that is white while a flash lasts.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.float64]
"""Height x width x 3, gamma-coded values from 0 to 1."""
Plane = NDArray[np.float64]

BITS, CHECK, COLUMNS, ROWS = 18, 4, 8, 3
CHECKED = 13
GROUND = 0.43
LEFT, TOP, WIDE, TALL = 1 / 16, 1 / 18, 7 / 64, 1 / 6
BELOW, BOTTOM = 0.62, 0.94
SQUARE = 0.28
STAGE = (0.06, 0.30)
FLASH = (0.70, 0.94)
PATCHES = {"red": (0.8, 0.15, 0.15), "green": (0.15, 0.7, 0.15), "blue": (0.15, 0.15, 0.8), "grey": (0.7, 0.7, 0.7)}
PATCH_LEFT, PATCH_WIDE = 0.34, 0.08
CELLS = {"white": (1.0, 1.0, 1.0), "black": (0.0, 0.0, 0.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a picture says; `number` is -1 when it cannot be read, `shape` is the width of the square by its height."""

    number: int
    flash: bool
    shape: float


def draw(number: int, width: int, height: int, *, flash: bool = False, pixel: Fraction = Fraction(1)) -> Rgb:
    """Draw the frame of that number; `pixel` is the shape of a pixel, wide by high."""
    picture = np.full((height, width, 3), GROUND)

    def fill(left: float, top: float, right: float, bottom: float, value: float | tuple[float, ...]) -> None:
        picture[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = value

    for place, cell in enumerate(_cells(number)):
        left, top = LEFT + place % COLUMNS * WIDE, TOP + place // COLUMNS * TALL
        fill(left, top, left + WIDE, top + TALL, float(cell))
    fill(STAGE[0], BELOW - 0.02, STAGE[1], BOTTOM + 0.02, 0.0)
    side = SQUARE * min(height, width * float(pixel) * 9 / 16)
    across, middle = side / float(pixel) / width, (STAGE[0] + STAGE[1]) / 2
    centre = (BELOW + BOTTOM) / 2
    fill(middle - across / 2, centre - side / height / 2, middle + across / 2, centre + side / height / 2, 1.0)
    for place, colour in enumerate(PATCHES.values()):
        left = PATCH_LEFT + place * PATCH_WIDE
        fill(left, BELOW, left + PATCH_WIDE, BOTTOM, colour)
    fill(FLASH[0], BELOW, FLASH[1], BOTTOM, float(flash))
    return picture


def active(light: Plane) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the picture inside black bars."""
    bright = light > 0.2 * light.max()
    rows, columns = np.flatnonzero(bright.mean(axis=1) > 0.1), np.flatnonzero(bright.mean(axis=0) > 0.1)
    if len(rows) < 2 * ROWS or len(columns) < 2 * COLUMNS:
        return 0, 0, light.shape[1], light.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def read(light: Plane) -> Reading:
    """Read a picture's light, of any range and size."""
    left, top, right, bottom = active(light)
    light = light[top:bottom, left:right]
    cells = [
        _mean(light, LEFT + place % COLUMNS * WIDE, TOP + place // COLUMNS * TALL, WIDE, TALL)
        for place in range(COLUMNS * ROWS)
    ]
    white, black = cells[0], cells[1]
    if white - black < 0.2 * max(white, 1e-6):
        return Reading(number=-1, flash=False, shape=0.0)
    middle = (white + black) / 2
    flash = _mean(light, FLASH[0], BELOW, FLASH[1] - FLASH[0], BOTTOM - BELOW) > middle
    return Reading(number=_number([cell > middle for cell in cells]), flash=flash, shape=_shape(light, white - black))


def patches(rgb: Rgb) -> dict[str, tuple[float, float, float]]:
    """Return the colours of the patches, and of the cells of white and black, as they came out."""
    left, top, right, bottom = active(rgb.mean(axis=2))
    rgb = rgb[top:bottom, left:right]
    fields = {
        name: (PATCH_LEFT + place * PATCH_WIDE, BELOW, PATCH_WIDE, BOTTOM - BELOW) for place, name in enumerate(PATCHES)
    } | {name: (LEFT + place * WIDE, TOP, WIDE, TALL) for place, name in enumerate(CELLS)}
    found = {}
    for name, field in fields.items():
        red, green, blue = (_mean(rgb[:, :, band], *field) for band in range(3))
        found[name] = (red, green, blue)
    return found


def _cells(number: int) -> list[bool]:
    number %= 1 << BITS
    bits = [bool(number >> place & 1) for place in range(BITS)]
    return [True, False, *bits, *(bool(number % CHECKED >> place & 1) for place in range(CHECK))]


def _number(cells: list[bool]) -> int:
    number = sum(cell << place for place, cell in enumerate(cells[2 : 2 + BITS]))
    check = sum(cell << place for place, cell in enumerate(cells[2 + BITS :]))
    return number if check == number % CHECKED else -1


def _mean(light: Plane, left: float, top: float, wide: float, tall: float) -> float:
    """Mean of the inner half of a field."""
    height, width = light.shape
    first, last = round((top + tall / 4) * height), round((top + tall * 3 / 4) * height)
    begin, end = round((left + wide / 4) * width), round((left + wide * 3 / 4) * width)
    return float(light[first : max(last, first + 1), begin : max(end, begin + 1)].mean())


def _shape(light: Plane, contrast: float) -> float:
    """Width by height of the white square, across its middle; soft edges count in part, noise does not."""
    height, width = light.shape
    left, right = round((STAGE[0] + 0.01) * width), round((STAGE[1] - 0.01) * width)
    stage = light[round((BELOW - 0.01) * height) : round((BOTTOM + 0.01) * height), left:right]
    stage = np.clip((stage - stage.min()) / contrast * 2 - 0.5, 0, 1)
    rows, columns = stage.shape
    across = stage[rows * 2 // 5 : rows * 3 // 5].mean(axis=0).sum()
    upright = stage[:, columns * 2 // 5 : columns * 3 // 5].mean(axis=1).sum()
    return float(across / upright) if upright > 1 else 0.0
