"""Colours by their standards (BT.601, BT.709, BT.2020, BT.2100): from values to planes and back, without any codec."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kit.media.marked_pictures import Rgb

MATRICES = {
    "bt709": (0.2126, 0.0722),
    "smpte170m": (0.299, 0.114),
    "bt470bg": (0.299, 0.114),
    "bt2020nc": (0.2627, 0.0593),
}
NUMBERS = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}
CODES = {name: code for code, name in NUMBERS.items()}
TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
WHITE_NITS = 203.0
WHITE_HLG = 0.265


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """How values are coded; `named` says whether the file tells so."""

    matrix: str = "smpte170m"
    full: bool = False
    curve: str = "sdr"
    named: bool = True

    @property
    def codes(self) -> tuple[int, int, int]:
        """Primaries, transfer and matrix, as ISO/IEC 23091-2 counts them."""
        primaries = 9 if self.matrix == "bt2020nc" else CODES[self.matrix]
        curves = {"pq": 16, "hlg": 18, "sdr": 14 if self.matrix == "bt2020nc" else CODES[self.matrix]}
        return primaries, curves[self.curve], CODES[self.matrix]


def coded(rgb: Rgb, colour: Colour) -> Rgb:
    """Bring BT.709 values of a picture to the curve and primaries of the file."""
    if colour.matrix != "bt2020nc":
        return rgb
    wide = np.clip(_linear(rgb) @ TO_2020.T, 0, 1)
    if colour.curve == "pq":
        power = (wide * WHITE_NITS / 10_000) ** 0.1593017578125
        return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375
    if colour.curve == "hlg":
        light = wide * WHITE_HLG
        high = 0.17883277 * np.log(np.maximum(12 * light - 0.28466892, 1e-9)) + 0.55991073
        return np.where(light <= 1 / 12, np.sqrt(3 * light), high)
    return _curve(wide)


def planes(rgb: Rgb, colour: Colour, *, bits: int = 8) -> list[NDArray[np.uint16]]:
    """Return Y, Cb and Cr, the latter two at half the size (sides rounded up)."""
    red_share, blue_share = MATRICES[colour.matrix]
    red, green, blue = (rgb[:, :, band] for band in range(3))
    light = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    chroma = [_halved((blue - light) / (2 - 2 * blue_share)), _halved((red - light) / (2 - 2 * red_share))]
    top, step = (1 << bits) - 1, 1 << (bits - 8)
    scale, foot, spread = (top, 0, top) if colour.full else (219 * step, 16 * step, 224 * step)
    values = [light * scale + foot, *(plane * spread + 128 * step for plane in chroma)]
    return [np.clip(np.rint(plane), 0, top).astype(np.uint16) for plane in values]


def values(light: NDArray[np.uint8], blue: NDArray[np.uint8], red: NDArray[np.uint8], colour: Colour) -> Rgb:
    """Return the picture that 8-bit planes show; chroma is repeated, not smoothed."""
    red_share, blue_share = MATRICES[colour.matrix]
    scale, foot, spread = (255, 0, 255) if colour.full else (219, 16, 224)
    height, width = light.shape
    y = (light.astype(float) - foot) / scale
    cb, cr = ((plane.astype(float) - 128) / spread for plane in (blue, red))
    cb, cr = (plane.repeat(2, axis=0).repeat(2, axis=1)[:height, :width] for plane in (cb, cr))
    r, b = y + (2 - 2 * red_share) * cr, y + (2 - 2 * blue_share) * cb
    g = (y - red_share * r - blue_share * b) / (1 - red_share - blue_share)
    return np.clip(np.stack([r, g, b], axis=2), 0, 1)


def _halved(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = plane.shape
    even = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    return even.reshape(-(-height // 2), 2, -(-width // 2), 2).mean(axis=(1, 3))


def _linear(rgb: Rgb) -> Rgb:
    """Light as displays give it, as in BT.2087."""
    return np.clip(rgb, 0, 1) ** 2.4


def _curve(light: Rgb) -> Rgb:
    return light ** (1 / 2.4)
