"""Reads the figures that ffmpeg's filters wrote into files of their own: `ametadata=mode=print`, a line for each.

By lines, for one search of it all would stop every other thread.
"""

import math
from collections.abc import Iterator
from pathlib import Path

from efir.ports.audio import Loudness

SILENT = -70.0  # LUFS; quieter blocks have no loudness (EBU R128)
COARSE, ROUNDING = 0.02, 0.0005  # amplitudes, of full scale
Powers = list[list[float]]
"""For each channel the power of each stretch, full scale being 1."""


def records(file: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """Give the place of each frame, in samples, and what was measured in it: `1.RMS_level` is that of channel 1."""
    place, values = None, dict[str, float]()
    with file.open(encoding="ascii") as lines:
        for line in lines:
            if line.startswith("frame:"):
                if place is not None:
                    yield place, values
                place, values = int(line.partition("pts:")[2].split()[0]), {}
            else:
                key, _, value = line.partition("=")
                values[key.split(".", 2)[2].replace(" ", "_")] = float(value)
    if place is not None:
        yield place, values


def swings(file: Path, full: float) -> Powers:
    """Return the power of half of what lies between the extremes: a level for little work, blind to an offset."""
    rows = (
        zip(_order_by_channel(values, "Min_level"), _order_by_channel(values, "Max_level"), strict=True)
        for _, values in records(file)
    )
    halves = ([(high - low) / 2 / full for low, high in row] for row in rows)
    return [[half * half for half in channel] for channel in zip(*halves, strict=True)]


def levels(file: Path) -> Powers:
    """Return the power of each stretch of each channel."""
    rows = ([10 ** (value / 10) for value in _order_by_channel(values, "RMS_level")] for _, values in records(file))
    return [list(channel) for channel in zip(*rows, strict=True)]


def samples(end: Path) -> int:
    """Return the number of samples of a channel: where the last frame begins, and its own; 0 when there was none."""
    found = 0
    for place, values in records(end):
        found = place + int(values["Overall.Number_of_samples"])
    return found


def overs(file: Path) -> tuple[float, bool]:
    """Return the highest peak in decibels of full scale, and whether some samples are no numbers."""
    peak, wrong = -math.inf, False
    for _, values in records(file):
        wrong = wrong or any(value > 0 for key, value in values.items() if "Number_" in key)
        peak = max([peak, *(value for key, value in values.items() if "Peak_" in key)])
    return peak, wrong


def loudness(file: Path, length: int, rate: int, peak_of_samples: float) -> Loudness:
    """Return the loudness after the last whole tenth of a second of `length` samples, and the peak of it all.

    The true peak is told with three decimals; where that is too coarse the highest sample, a bound from below, stands.
    """
    integrated, wide, peak = -math.inf, None, 0.0
    for place, values in records(file):
        peak = values["true_peak"]
        peak = peak if peak > COARSE else max(peak - ROUNDING, peak_of_samples)
        if place + rate // 10 <= length:
            integrated, wide = values["I"], values["LRA"]
    heard = integrated > SILENT
    return Loudness(
        integrated=integrated if heard else None,
        range=wide if heard else None,
        true_peak=20 * math.log10(peak) if peak > 0 else None,
    )


def find_highest(file: Path) -> float:
    """Return the highest sample of all channels."""
    return max((abs(value) for _, values in records(file) for value in values.values()), default=0.0)


def peaks(file: Path) -> bytes:
    """Return signed bytes, lowest and highest of all channels in turn."""
    found = bytearray()
    for _, values in records(file):
        extremes = (
            min(value for key, value in values.items() if "Min_" in key),
            max(value for key, value in values.items() if "Max_" in key),
        )
        found += bytes(round(max(-1.0, min(1.0, value)) * 127) & 0xFF for value in extremes)
    return bytes(found)


def _order_by_channel(values: dict[str, float], name: str) -> list[float]:
    """Put values in the order of their channels: what a filter before told as well stands first."""
    found = {
        int(channel): value
        for key, value in values.items()
        for channel, _, what in [key.partition(".")]
        if what == name
    }
    return [found[channel] for channel in sorted(found)]
