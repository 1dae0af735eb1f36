from fractions import Fraction
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.inspection.continuity import corrections
from efir.adapters.media.inspection.jumps import MAX_JUMPS
from efir.adapters.media.inspection.packets import PacketLog
from efir.adapters.media.video.retiming import Clock

TICKS = 90_000
FRAME, PACKET = 3_600, 1_920  # of 25 frames a second and of AAC at 48 kHz, in ticks of a transport stream


def packet(pts: int, dts: int | None, duration: int, *, key: bool = True) -> Any:
    """What a log asks of a packet."""
    return SimpleNamespace(
        pts=pts, dts=dts, duration=duration, size=100, is_keyframe=key, is_discard=False,
        has_sidedata=lambda _: False,
    )  # fmt: skip


def log() -> PacketLog:
    stream: Any = SimpleNamespace(time_base=Fraction(1, TICKS), codec_context=None)  # all that it asks
    return PacketLog(stream, lambda _: True)


def joined(starts: list[int], frames: list[int], *, decoding: bool) -> tuple[list[PacketLog], int]:
    """Pictures and sound of several files one after the other, each with a clock that starts where it likes."""
    logs, order = [log(), log()], 0
    for start, count in zip(starts, frames, strict=True):
        ends = start + count * FRAME
        heard = start
        for number in range(count):
            stamp = start + number * FRAME
            logs[0].add(packet(stamp, stamp - FRAME if decoding else None, FRAME, key=number % 5 == 0), order)
            order += 1
            while heard < min(stamp + FRAME, ends):
                logs[1].add(packet(heard, heard, PACKET), order)
                heard += PACKET
                order += 1
    return logs, sum(frames)


@given(
    st.lists(st.tuples(st.integers(0, 1 << 32), st.integers(10, 80)), min_size=2, max_size=6), st.booleans()
)  # fmt: skip
def test_joined_files_play_one_after_the_other(parts: list[tuple[int, int]], decoding: bool) -> None:  # noqa: FBT001  # drawn
    """Every clock begins lower than the one before it ended."""
    starts, clock = [], 1 << 40
    for start, count in parts:
        clock = min(start, clock - count * FRAME - 60 * TICKS)
        starts.append(clock)
    logs, total = joined(starts, [count for _, count in parts], decoding=decoding)
    tables = corrections(logs, "matroska")
    assert tables is not None
    for one, table in zip(logs, tables, strict=True):
        one.move(table)
    shown = logs[0].shown()
    assert list(shown) == [shown[0] + number * FRAME for number in range(total)]
    heard = list(logs[1].stamps)
    steps = [later - earlier for earlier, later in pairwise(heard)]
    assert all(abs(step - PACKET) <= TICKS // 10 for step in steps)
    assert abs(heard[-1] + PACKET - shown[-1] - FRAME) <= TICKS // 10


@given(st.integers(11 * TICKS, 1 << 32))
def test_a_clock_that_both_jump_ahead_on_is_mended_in_a_broadcast_only(ahead: int) -> None:
    logs, _ = joined([0, 40 * FRAME + ahead], [40, 40], decoding=True)
    assert corrections(logs, "matroska") == [[], []]
    picture, sound = corrections(logs, "mpegts") or ([], [])
    assert [place for place, _ in picture] == [40]
    assert len(sound) == 1


@given(st.integers(11 * TICKS, 40 * TICKS))
def test_a_picture_that_stands_still_while_sound_goes_on_is_no_jump(pause: int) -> None:
    logs, _ = joined([0], [40], decoding=True)
    logs[0].add(packet(40 * FRAME + pause, 39 * FRAME + pause, FRAME), 1_000)
    for heard in range(40 * FRAME, 40 * FRAME + pause, PACKET):
        logs[1].add(packet(heard, heard, PACKET), 2_000)
    assert corrections(logs, "mpegts") == [[], []]


@given(st.integers(11 * TICKS, 1 << 32))
def test_a_last_stamp_far_behind_everything_else_is_wrong(ahead: int) -> None:
    logs, _ = joined([0], [40], decoding=True)
    logs[0].add(packet(40 * FRAME + ahead, 39 * FRAME + ahead, FRAME), 1_000)
    assert corrections(logs, "matroska") == [[(40, -ahead)], []]


def test_clocks_that_go_on_need_no_correction() -> None:
    logs, _ = joined([5 * TICKS], [100], decoding=False)
    assert corrections(logs, "mpegts") == [[], []]


def test_a_clock_that_jumps_all_the_time_is_not_followed() -> None:
    logs, _ = joined(list(range(MAX_JUMPS * 3 * TICKS, 0, -2 * TICKS)), [2] * (MAX_JUMPS * 3 // 2), decoding=True)
    assert corrections(logs, "mpegts") is None


wild = st.one_of(st.integers(TICKS, 1 << 33), st.integers(-(1 << 33), -TICKS))


@given(st.sets(st.integers(1, 78), max_size=4), wild, st.sampled_from(["pts", "dts", "both"]))
def test_single_stamps_that_are_wrong_make_no_film_longer(places: set[int], off: int, known: str) -> None:
    """One bit of a time stamp flipped: the picture is shown in its turn all the same."""
    one, kept = log(), [place for place in sorted(places) if place + 1 not in places]
    for number in range(80):
        stamp = (number + 100) * FRAME
        there = stamp + off * (number in kept)
        decoded = None if known == "pts" else (there if known == "both" else stamp) - FRAME
        one.add(packet(there, decoded, FRAME, key=number % 5 == 0), number)
    tables = corrections([one], "matroska")
    assert tables is not None
    one.move(tables[0])
    shown = sorted(one.stamps)
    if off > 0 if known == "pts" else known == "both" or abs(off) > 11 * TICKS:
        assert all(abs(stamp - (number + 100) * FRAME) <= FRAME for number, stamp in enumerate(shown))


@given(st.lists(st.integers(-2 * TICKS, 1 << 32), min_size=1, max_size=90, unique=True), st.booleans())
def test_corrected_packets_have_decoding_times_that_a_muxer_takes(stamps: list[int], keys: bool) -> None:  # noqa: FBT001  # drawn
    clock = Clock(SimpleNamespace(time_base=Fraction(1, TICKS), codec_context=None), [], 10, lambda _: True)
    given_back = []
    for stamp in sorted(stamps):
        given_back += clock.corrected(packet(stamp, None, FRAME, key=keys))
    given_back += clock.rest()
    assert len(given_back) == len(stamps)
    times = [one.dts for one in given_back]
    assert times == sorted(set(times))
    assert all(0 < one.dts <= one.pts for one in given_back)
