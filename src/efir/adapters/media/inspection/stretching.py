"""Sound whose stamps go by a rate that its packets know nothing of: a damaged header makes hours of two seconds."""

from collections.abc import Iterable
from itertools import islice, pairwise
from typing import Any

from av.error import FFmpegError

from efir.adapters.media.inspection.packets import PacketLog

LONGER_SECONDS = 1
TRIED = 32  # packets
MAX_STRETCH = 1.5
MIN_RATE = 1000  # samples a second


def is_longer(log: PacketLog, picture_end: float) -> bool:
    """Tell a sound that would make the video longer than its picture, which ends that many seconds from zero."""
    return bool(log.stamps) and float(log.stamps[-1] * log.base) > picture_end + LONGER_SECONDS


def is_stretched(sound: Any, packets: Iterable[Any], log: PacketLog) -> bool:
    """Tell whether the first packets, decoded, last by far not as long as their stamps are apart.

    The usual distance of stamps is taken, so that gaps do not count.
    """
    steps = sorted(later - earlier for earlier, later in pairwise(log.stamps[:TRIED]))
    lengths = [sum(frame.samples / frame.sample_rate for frame in _decoded(sound, packet))
               for packet in islice(packets, TRIED)]  # fmt: skip
    if not any(lengths) or not steps:
        return False  # nothing can be told; whoever decodes it will see
    usual = float(steps[len(steps) // 2] * log.base)
    slow: bool = sound.codec_context.sample_rate < MIN_RATE
    return slow or usual > MAX_STRETCH * sum(lengths) / len(lengths)


def _decoded(sound: Any, packet: Any) -> list[Any]:
    try:
        return list(sound.codec_context.decode(packet))
    except FFmpegError:
        return []
