"""Clocks that jump or begin again: one table of corrections for picture and sound, made from the jumps of both.

Files joined by `cat`, captures over a restarted sender and transport streams with a switched clock have them.
A clock that goes back is always mended, for no player can go back in time. One that jumps ahead by more than ten
seconds is mended where the container promises no continuous clock and every stream jumps alike; else it is a pause.
"""

from collections.abc import Sequence
from fractions import Fraction

from efir.adapters.media.inspection.jumps import BACKWARD_SECONDS, FORWARD_SECONDS, LEAP_SECONDS, Jump
from efir.adapters.media.inspection.packets import PacketLog, Table

ALIKE_SECONDS = Fraction(2)
LOOSE_CLOCKS = frozenset({"mpegts", "mpeg", "flv", "asf", "ogg"})


def corrections(logs: Sequence[PacketLog], demuxer: str) -> list[Table] | None:
    """Return a table for each stream, empty where all clocks go on; None when they jump too often to be followed.

    The first log is the picture's: it goes on without a gap, and sound that would begin before its own end moves both.
    """
    _mend_ends(logs)
    if any(log.clock.too_many for log in logs):
        return None
    tables: list[Table] = [[] for _ in logs]
    offsets = [Fraction(0)] * len(logs)
    for jump in _merge_jumps(logs):
        if _is_pause(jump, len(logs), demuxer):
            continue
        begin = tables[0][-1][0] if tables[0] else 0
        offset = _offset(jump, offsets, _find_shift(logs[0], jump[0], begin) if 0 in jump else Fraction(0))
        for number, one in jump.items():
            offsets[number] = offset
            tables[number].append((one.packet, round(offset / logs[number].base)))
    return [log.table(table) for log, table in zip(logs, tables, strict=True)]


def _mend_ends(logs: Sequence[PacketLog]) -> None:
    """Take a last stamp far ahead for wrong where nothing else lasts as long: else it is the end of a pause."""
    for log in logs:
        others = [other.clock.left or other.clock.end for other in logs if other is not log]
        left = log.clock.left
        if left is not None and others and max(others) < left + FORWARD_SECONDS:
            log.clock.bring_back()


def _merge_jumps(logs: Sequence[PacketLog]) -> list[dict[int, Jump]]:
    """Return the jumps in order, those of several streams that are one jump of their common clock as one."""
    events = sorted((jump.order, number, jump) for number, log in enumerate(logs) for jump in log.clock.jumps)
    groups: list[dict[int, Jump]] = []
    for _, number, jump in events:
        open_group = groups[-1] if groups and number not in groups[-1] else None
        if open_group and all(abs(other.delta - jump.delta) < ALIKE_SECONDS for other in open_group.values()):
            open_group[number] = jump
        else:
            groups.append({number: jump})
    return groups


def _is_pause(jump: dict[int, Jump], streams: int, demuxer: str) -> bool:
    ahead = any(one.delta > 0 for one in jump.values())
    return ahead and (demuxer not in LOOSE_CLOCKS or len(jump) < streams)


def _find_shift(log: PacketLog, jump: Jump, begin: int) -> Fraction:
    """Return the seconds by which pictures follow each other closer than their packets do.

    An encoder that reorders pictures shows them later than they are decoded; one recording may do so and the next not.
    `begin` is the first packet of the recording that ends at the jump.
    """
    delay_before = max(log.stamps[begin : jump.packet]) * log.base - jump.last
    delay_after = log.stamps[jump.packet] * log.base - jump.there
    shift = delay_before - delay_after
    return shift if abs(shift) <= LEAP_SECONDS else Fraction(0)  # else a stamp of these is itself wrong


def _offset(jump: dict[int, Jump], offsets: Sequence[Fraction], shift: Fraction) -> Fraction:
    leader = min(jump)
    offset = jump[leader].here + offsets[leader] - jump[leader].there + shift
    overlaps = [one.here + offsets[number] - one.there - offset for number, one in jump.items()]
    worst = max(overlaps)
    return offset + worst if worst > BACKWARD_SECONDS else offset
