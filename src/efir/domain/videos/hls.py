"""The numbers that HLS playlists declare, by RFC 8216: target durations and bit rates."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil


def target_duration(seconds: Iterable[Fraction]) -> int:
    """Return the target duration, in seconds, of playlists with segments of these lengths: no segment is longer.

    All playlists of a master share one (§6.2.4), so pass the segments of all of them.
    """
    return max(1, ceil(max(seconds, default=Fraction(1))))


def bit_rates(sizes: Sequence[int], ticks: Sequence[int], timescale: int, target: int) -> tuple[int, int]:
    """Return peak and mean bits a second of segments in order; sizes are bytes, `target` seconds.

    The peak is that of any run of segments which lasts from half the target duration to one and a half (§4.1); what
    is shorter as a whole has its mean as its peak.
    """
    whole = sum(ticks)
    if not whole:
        return 0, 0
    mean = Fraction(sum(sizes) * 8 * timescale, whole)
    peak = max(_runs(sizes, ticks, timescale * target), default=None)
    return ceil(mean if peak is None else max(mean, peak * 8 * timescale)), ceil(mean)


def _runs(sizes: Sequence[int], ticks: Sequence[int], target: int) -> Iterable[Fraction]:
    """Return the bytes a tick of every run that counts; `target` is in ticks."""
    for first in range(len(sizes)):
        size, length = 0, 0
        for place in range(first, len(sizes)):
            size, length = size + sizes[place], length + ticks[place]
            if 2 * length > 3 * target:
                break
            if 2 * length >= target:
                yield Fraction(size, length)
