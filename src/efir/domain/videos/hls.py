"""Values that HLS playlists declare (RFC 8216): target durations and bit rates."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil


def target_duration(seconds: Iterable[Fraction]) -> int:
    """Return the target duration, in seconds, for segments of these durations: no segment is longer.

    All playlists of a master playlist share one (§6.2.4), so pass the segments of all of them.
    """
    return max(1, ceil(max(seconds, default=Fraction(1))))


def bit_rates(sizes: Sequence[int], ticks: Sequence[int], timescale: int, target: int) -> tuple[int, int]:
    """Return peak and mean bits per second of consecutive segments; `sizes` in bytes, `target` in seconds.

    The peak is the maximum over all runs of segments that last between 0.5 and 1.5 target durations (§4.1); a shorter
    rendition has its mean as its peak.
    """
    whole = sum(ticks)
    if not whole:
        return 0, 0
    mean = Fraction(sum(sizes) * 8 * timescale, whole)
    peak = max(_runs(sizes, ticks, timescale * target), default=None)
    return ceil(mean if peak is None else max(mean, peak * 8 * timescale)), ceil(mean)


def _runs(sizes: Sequence[int], ticks: Sequence[int], target: int) -> Iterable[Fraction]:
    """Yield the bytes per tick of every run of segments that counts for the peak; `target` is in ticks."""
    for first in range(len(sizes)):
        size, length = 0, 0
        for place in range(first, len(sizes)):
            size, length = size + sizes[place], length + ticks[place]
            if 2 * length > 3 * target:
                break
            if 2 * length >= target:
                yield Fraction(size, length)
