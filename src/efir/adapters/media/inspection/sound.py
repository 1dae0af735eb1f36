"""What headers and packets say of a sound track."""

from fractions import Fraction
from typing import Any

from efir.adapters.media.inspection.packets import PacketLog
from efir.adapters.media.inspection.selection import codec_of, layout_of, speakers_of
from efir.adapters.media.inspection.settling import AAC_FRAME

GAP_SECONDS = Fraction(1, 50)
MAX_PRIMING = 3  # packets that an edit list leaves out because an encoder put them in front


def sound_facts(sound: Any, log: PacketLog, start: Fraction, *, opens: bool) -> dict[str, Any]:
    """Return codec, channels and times in seconds from `start`; `gaps` tells of silence between packets."""
    context = sound.codec_context
    rate = Fraction(context.sample_rate or 1) if context is not None else Fraction(1)
    end = max((stamp + length for stamp, length in zip(log.stamps, log.durations, strict=True)), default=0)
    return {
        "codec": codec_of(sound),
        "opens": opens,
        "profile": (context.profile or "") if context is not None else "",
        "channels": context.channels if context is not None else 0,
        "layout": layout_of(sound),
        "speakers": speakers_of(sound),
        "rate": context.sample_rate if context is not None else 0,
        "packets": len(log.stamps),
        "start": float(log.stamps[0] * log.base - start) if log.stamps else 0.0,
        "end": float(end * log.base - start) if log.stamps else 0.0,
        "gaps": log.left_out > MAX_PRIMING or context is None or _has_gaps(log, AAC_FRAME / rate),
        "bytes": log.bytes,
    }


def _has_gaps(log: PacketLog, frame: Fraction) -> bool:
    """Tell whether some packet of AAC, the only sound that is ever served as it is, begins where no other ends.

    Small slips are summed up.
    """
    if not log.stamps:
        return False
    length = frame / log.base
    first, up, down = log.stamps[0], length.numerator, length.denominator
    slack = int(GAP_SECONDS / log.base * down)
    return any(abs((stamp - first) * down - number * up) > slack for number, stamp in enumerate(log.stamps))
