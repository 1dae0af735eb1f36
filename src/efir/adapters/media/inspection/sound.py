"""What headers and packets say of a sound track."""

from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any

from efir.adapters.media.inspection.packets import PacketLog
from efir.adapters.media.inspection.selection import can_open, codec_of, layout_of, speakers_of

GAP_SECONDS = Fraction(1, 50)
TREMBLING_SECONDS = Fraction(1, 10)
MAX_STEPS = 8  # that gaps could make; more is a habit
MAX_PRIMING = 3  # packets that an edit list leaves out because an encoder put them in front
AAC_FRAME = 1024  # samples; only AAC is ever served as it is


def sound_facts(sound: Any, log: PacketLog, start: Fraction) -> dict[str, Any]:
    """Return codec, channels and times in seconds from `start`; `gaps` tells of silence between packets."""
    context = sound.codec_context
    rate = Fraction(context.sample_rate or 1) if context is not None else Fraction(1)
    end = max((stamp + length for stamp, length in zip(log.stamps, log.durations, strict=True)), default=0)
    return {
        "codec": codec_of(sound),
        "opens": can_open(sound),
        "profile": (context.profile or "") if context is not None else "",
        "channels": context.channels if context is not None else 0,
        "layout": layout_of(sound),
        "speakers": speakers_of(sound),
        "rate": context.sample_rate if context is not None else 0,
        "packets": len(log.stamps),
        "start": float(log.stamps[0] * log.base - start) if log.stamps else 0.0,
        "end": float(end * log.base - start) if log.stamps else 0.0,
        "gaps": log.left_out > MAX_PRIMING or context is None or _has_gaps(log, AAC_FRAME / rate),
        "trembles": _trembles(log, AAC_FRAME / rate / log.base if codec_of(sound) == "aac" else Fraction(0)),
        "bytes": log.bytes,
    }


def _has_gaps(log: PacketLog, frame: Fraction) -> bool:
    """Tell whether some packet of AAC begins elsewhere than where the ones before it end, small slips summed up."""
    if not log.stamps:
        return False
    length = frame / log.base
    first, up, down = log.stamps[0], length.numerator, length.denominator
    slack = int(GAP_SECONDS / log.base * down)
    return any(abs((stamp - first) * down - number * up) > slack for number, stamp in enumerate(log.stamps))


def _trembles(log: PacketLog, frame: Fraction) -> bool:
    """Tell stamps that go back and forth around the clock of the sound itself, and are with it at the end.

    That clock is one of frames of the same length, where that is known, else of the lengths that packets tell.
    """
    up, down = frame.numerator, frame.denominator
    ends = (number * up // down for number in range(len(log.stamps))) if frame else accumulate(log.durations, initial=0)
    off = [stamp - log.stamps[0] - end for stamp, end in zip(log.stamps, ends, strict=False)]
    if not off or not (frame or all(log.durations)):
        return False
    near, far = int(GAP_SECONDS / log.base), int(TREMBLING_SECONDS / log.base)
    turns = sum(1 for before, now in pairwise(off) if abs(now - before) > near // 2)
    return abs(off[-1]) <= far and max(map(abs, off)) <= far and turns > MAX_STEPS
