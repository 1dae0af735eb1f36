"""Downmix of multichannel audio to stereo, in which every channel stays audible (decision 11).

A channel mask names speakers in the order of its bits, as in WAVEFORMATEXTENSIBLE: the first channel is the lowest set
bit. Channels beyond the mask, or without a mask, have no speaker. Ambisonic B-format (the AMB form of
WAVEFORMATEXTENSIBLE) has no speakers either, but a sound field, in which two virtual microphones are placed.
"""

import math
from collections.abc import Sequence

from efir.domain.audio.mpeg import STEREO

Gain = tuple[float, float]
"""The gains of a channel in the left and in the right output."""

SIDE, MIDDLE, FAR, BEHIND = 1.0, math.sqrt(0.5), math.sqrt(0.5), 0.5
LEFT, RIGHT, CENTRE = (SIDE, 0.0), (0.0, SIDE), (MIDDLE, MIDDLE)
FAR_LEFT, FAR_RIGHT, FAR_CENTRE = (FAR, 0.0), (0.0, FAR), (BEHIND, BEHIND)
INNER_LEFT, INNER_RIGHT = (0.924, 0.383), (0.383, 0.924)
SPEAKERS: tuple[Gain, ...] = (
    LEFT, RIGHT, CENTRE, FAR_CENTRE,  # front left, right, centre; low frequencies
    FAR_LEFT, FAR_RIGHT, INNER_LEFT, INNER_RIGHT, FAR_CENTRE,  # back left, right; left and right of centre; back centre
    FAR_LEFT, FAR_RIGHT, FAR_CENTRE,  # side left, right; above
    FAR_LEFT, FAR_CENTRE, FAR_RIGHT, FAR_LEFT, FAR_CENTRE, FAR_RIGHT,  # above, in front and behind
)  # fmt: skip
NAMES = (
    "FL",
    "FR",
    "FC",
    "LFE",
    "BL",
    "BR",
    "FLC",
    "FRC",
    "BC",
    "SL",
    "SR",
    "TC",
    "TFL",
    "TFC",
    "TFR",
    "TBL",
    "TBC",
    "TBR",
)
MASK_BITS = 32
FIELDS = {3: "WXY", 4: "WXYZ", 5: "WXYUV", 6: "WXYZUV", 7: "WXYUVPQ", 8: "WXYZUVPQ"}
AZIMUTH, ELEVATION = math.radians(55), math.radians(15)
SHARPER = 0.25  # share of the second and third order, which narrow the microphones' pattern


def stereo_gains(channels: int, mask: int, *, ambisonic: bool = False) -> tuple[Gain, ...]:
    """Return the gains of three or more channels, scaled so that their sum cannot exceed full scale.

    >>> [tuple(round(side, 2) for side in gain) for gain in stereo_gains(4, 0)]
    [(0.41, 0.0), (0.0, 0.41), (0.29, 0.29), (0.29, 0.29)]
    """
    return _limit_gains(_field(channels) if ambisonic and channels in FIELDS else _place(channels, mask))


def find_gains(names: Sequence[str]) -> tuple[Gain, ...]:
    """Return the gains of speakers by name (`FL`, `TBR`, as in SMPTE ST 2036-2 and ffmpeg).

    They are those of ITU-R BS.775, so that dialogue is as loud as with fewer speakers; the caller must limit the sum.

    >>> [tuple(round(side, 2) for side in gain) for gain in find_gains(["FL", "FR", "TSL"])]
    [(1.0, 0.0), (0.0, 1.0), (0.71, 0.0)]
    """
    return tuple(SPEAKERS[NAMES.index(name)] if name in NAMES else _find_side_gain(name) for name in names)


def _limit_gains(gains: Sequence[Gain]) -> tuple[Gain, ...]:
    """Scale each side so that the sum of all channels cannot exceed full scale."""
    most = max(sum(abs(gain[side]) for gain in gains) for side in range(STEREO))
    return tuple((left / most, right / most) for left, right in gains)


def _find_side_gain(name: str) -> Gain:
    return {"L": FAR_LEFT, "R": FAR_RIGHT}.get(name[-1:], FAR_CENTRE)


def _place(channels: int, mask: int) -> list[Gain]:
    """Place named channels at their speakers.

    Without any names, the first two channels are left and right, because recorders and editors put a stereo pair, if
    any, on the first two tracks. All other channels without a name are centred.
    """
    named = [bit for bit in range(MASK_BITS) if mask >> bit & 1][:channels]
    gains = [SPEAKERS[bit] if bit < len(SPEAKERS) else CENTRE for bit in named]
    unnamed = [LEFT, RIGHT] + [CENTRE] * channels if not named else [CENTRE] * channels
    return gains + unnamed[: channels - len(named)]


def _field(channels: int) -> list[Gain]:
    """Point a virtual microphone to each side, slightly upwards, so that every component of the field is audible."""
    flat = math.cos(ELEVATION)
    heard = {
        "W": (math.sqrt(0.5), math.sqrt(0.5)), "X": _mirror(0.5 * flat * math.cos(AZIMUTH), 1),
        "Y": _mirror(0.5 * flat * math.sin(AZIMUTH), -1), "Z": _mirror(0.5 * math.sin(ELEVATION), 1),
        "U": _mirror(SHARPER * math.cos(2 * AZIMUTH), 1), "V": _mirror(SHARPER * math.sin(2 * AZIMUTH), -1),
        "P": _mirror(SHARPER * math.cos(3 * AZIMUTH), 1), "Q": _mirror(SHARPER * math.sin(3 * AZIMUTH), -1),
    }  # fmt: skip
    return [heard[component] for component in FIELDS[channels]]


def _mirror(left: float, sign: int) -> Gain:
    return left, sign * left
