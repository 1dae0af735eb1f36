"""Pictures whose values are not sRGB, converted to it as a browser does for an ordinary screen."""

import math
from array import array
from collections.abc import Sequence
from typing import Any

import pyvips

from efir.domain.pictures.colours import (
    BT2020,
    BT2020_LIGHT,
    HLG_GAMMA,
    HLG_PEAK,
    PQ_PEAK,
    REFERENCE_WHITE,
    SRGB,
    USUAL_PEAK,
    Colours,
    Range,
    Row,
    conversion,
    srgb_value,
)

CHANNELS = 3
BYTE, WORD = 255, 65_535
KNEE = 0.65  # how far along its tangents the shoulder's curve bends


def convert_to_srgb(image: Any, colours: Colours) -> Any:
    """Return eight bits of sRGB, with the alpha there was; light beyond white is toned down, not cut."""
    top = WORD if image.format == "ushort" else BYTE
    alpha = image[image.bands - 1] if image.hasalpha() else None
    values = image[:CHANNELS] if image.bands >= CHANNELS else image[0]
    if colours.range is Range.SDR and colours.primaries == SRGB:
        table = [round(BYTE * srgb_value(colours.curve(value / top))) for value in range(top + 1)]
        made = _spread(values.maplut(_table("B", table)))
    else:
        light = _spread(values.maplut(_table("f", [colours.curve(value / top) for value in range(top + 1)])))
        light = _convert_light(light, colours)
        made = light.copy(interpretation="scrgb").colourspace("srgb")
    if alpha is not None:
        made = made.bandjoin(alpha if top == BYTE else (alpha >> 8).cast("uchar"))
    return made.copy(interpretation="srgb")


def convert_ink(image: Any) -> Any:
    """Return the sRGB of a CMYK picture that has no profile, as browsers do: each ink takes its share of light."""
    paper = image.invert()
    light = paper[:CHANNELS] * paper[CHANNELS] / BYTE
    made = light.rint().cast("uchar").copy(interpretation="srgb")
    made.remove("icc-profile-data")  # whatever it is for, it is not for this
    return made


def _table(kind: str, values: list[Any]) -> Any:
    form = {"B": "uchar", "f": "float"}[kind]
    return pyvips.Image.new_from_memory(array(kind, values).tobytes(), len(values), 1, 1, form)


def _mix(image: Any, rows: Sequence[Row]) -> Any:
    return image.recomb([list(row) for row in rows])


def _spread(image: Any) -> Any:
    return image if image.bands == CHANNELS else image.bandjoin([image, image])


def _convert_light(light: Any, colours: Colours) -> Any:
    if colours.range is Range.SDR:
        return _mix(light, conversion(colours.primaries, SRGB))
    light = _mix(light, conversion(colours.primaries, BT2020))
    if colours.range is Range.HLG:  # from the light of the scene to that of the display
        scene = _mix(light, [BT2020_LIGHT])
        light *= scene.clamp(min=0.0, max=1.0) ** (HLG_GAMMA - 1) * (HLG_PEAK / REFERENCE_WHITE)
    brightest = light[0].maxpair(light[1]).maxpair(light[2])  # one factor for all three: hues stay
    return _mix(light * _dimming_factor(brightest, colours.peak / REFERENCE_WHITE), conversion(BT2020, SRGB))


def _dimming_factor(light: Any, peak: float) -> Any:
    """Return the factor that brings light from 0 to `peak` below 1, where 1 is white.

    White itself is dimmed to leave room, down to a half; from there a parabola leads to the peak. This is the
    reference white tone mapping of SMPTE ST 2094-50, which Chromium uses when a picture brings no curve of its own.
    """
    if peak <= 1:
        return 1.0
    white = 1 - min(1.0, math.log(peak) / math.log(USUAL_PEAK / REFERENCE_WHITE)) / 2
    bend, height = 1 - KNEE + KNEE / white, (1 - KNEE) * white + KNEE
    over = (light - 1).clamp(min=0.0, max=peak - 1)
    half = bend - 1
    along = over / ((over * (1 - 2 * bend + peak) + half * half) ** 0.5 + half)
    toned = along * (along * (white - 2 * height + 1) + 2 * (height - white)) + white
    return toned / light.clamp(min=1.0, max=PQ_PEAK)
