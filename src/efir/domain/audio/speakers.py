"""How channels become left and right, so that each of them is heard (decision 11).

A mask names speakers in the order of its bits, as WAVEFORMATEXTENSIBLE has it: the first channel is the lowest bit that
is set. Channels beyond the mask, or without one, have no speaker. B-format (the AMB form of WAVEFORMATEXTENSIBLE) holds
no speakers either, but a sound field in which two microphones are pointed.
"""

import math
from collections.abc import Sequence

from efir.domain.audio.mpeg import STEREO

Gain = tuple[float, float]
"""What of a channel goes to the left and to the right."""

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
SHARPER = 0.25  # how much of the second and third order: they narrow the microphones


def stereo_gains(channels: int, mask: int, *, ambisonic: bool = False) -> tuple[Gain, ...]:
    """Return the gains of three and more channels; together they cannot go beyond full scale.

    >>> [tuple(round(side, 2) for side in gain) for gain in stereo_gains(4, 0)]
    [(0.41, 0.0), (0.0, 0.41), (0.29, 0.29), (0.29, 0.29)]
    """
    return _limit_gains(_field(channels) if ambisonic and channels in FIELDS else _place(channels, mask))


def find_gains(names: Sequence[str]) -> tuple[Gain, ...]:
    """Return the gains of speakers by their names (`FL`, `TBR`, SMPTE ST 2036-2 and ffmpeg's).

    They are those of ITU-R BS.775, so that dialogue stays as loud as of fewer speakers: the sum has to be limited.

    >>> [tuple(round(side, 2) for side in gain) for gain in find_gains(["FL", "FR", "TSL"])]
    [(1.0, 0.0), (0.0, 1.0), (0.71, 0.0)]
    """
    return tuple(SPEAKERS[NAMES.index(name)] if name in NAMES else _find_side_gain(name) for name in names)


def _limit_gains(gains: Sequence[Gain]) -> tuple[Gain, ...]:
    """Lower each side until all channels together cannot go beyond full scale."""
    most = max(sum(abs(gain[side]) for gain in gains) for side in range(STEREO))
    return tuple((left / most, right / most) for left, right in gains)


def _find_side_gain(name: str) -> Gain:
    return {"L": FAR_LEFT, "R": FAR_RIGHT}.get(name[-1:], FAR_CENTRE)


def _place(channels: int, mask: int) -> list[Gain]:
    """Place named channels at their speakers, of those without a name the first two left and right.

    The others are in the middle. Recorders and editors put a stereo pair on the first two tracks, if anywhere.
    """
    named = [bit for bit in range(MASK_BITS) if mask >> bit & 1][:channels]
    gains = [SPEAKERS[bit] if bit < len(SPEAKERS) else CENTRE for bit in named]
    unnamed = [LEFT, RIGHT] + [CENTRE] * channels if not named else [CENTRE] * channels
    return gains + unnamed[: channels - len(named)]


def _field(channels: int) -> list[Gain]:
    """Point a microphone to each side, somewhat upwards: so no component of the field goes unheard."""
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
