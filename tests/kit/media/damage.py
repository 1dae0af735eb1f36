"""Damage by seed to clips in eight containers, and what may be published of a damaged file."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import av

from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from efir.domain.videos.video import MediaRefused
from efir.ports.processing.media import MediaProbe
from kit.media.judging import Seen, judge_packets, light_of, see
from kit.media.marked_pictures import read
from kit.media.publishing import publish

CONTAINERS = {
    name.rpartition(" ")[2]: name
    for name in (
        "plain libx264 in mp4", "plain libx264 in mkv", "plain libvpx in webm", "plain libx264 in ts",
        "plain libx264 in flv", "plain mpeg4 in avi", "plain mpeg2video in mpg", "plain wmv2 in wmv",
    )
}  # fmt: skip
HEAD = 3000
NEAR = Fraction(1, 5)
"""How far from its time, in seconds, a picture beside damage may be shown."""
RIGHT, REFUSED = "right", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a file: `kind` is right, refused, wrong, failed or stuck; `why` says more."""

    kind: str
    why: str = ""


def damaged(data: bytes, seed: str) -> tuple[bytes, str]:
    """Return the bytes with damage of one sort, and its name: changed, emptied, left out, doubled or cut."""
    chance = Random(seed)  # noqa: S311  # places of damage, no secret
    spoil = chance.choice([_changed, _changed, _changed_at_front, _emptied, _left_out, _doubled, _cut])
    return spoil(bytearray(data), chance), spoil.__name__.strip("_").replace("_", " ")


def _changed(data: bytearray, chance: Random) -> bytes:
    for _ in range(chance.choice([1, 5, 50, 500])):
        data[chance.randrange(4, len(data))] = chance.randrange(256)
    return bytes(data)


def _changed_at_front(data: bytearray, chance: Random) -> bytes:
    for _ in range(chance.choice([1, 5, 50])):
        data[chance.randrange(4, min(HEAD, len(data)))] = chance.randrange(256)
    return bytes(data)


def _stretch(data: bytearray, chance: Random) -> tuple[int, int]:
    length = chance.randrange(16, max(17, len(data) // 5))
    start = chance.randrange(4, max(5, len(data) - length))
    return start, start + length


def _emptied(data: bytearray, chance: Random) -> bytes:
    start, end = _stretch(data, chance)
    return bytes(data[:start]) + bytes(end - start) + bytes(data[end:])


def _left_out(data: bytearray, chance: Random) -> bytes:
    start, end = _stretch(data, chance)
    return bytes(data[:start] + data[end:])


def _doubled(data: bytearray, chance: Random) -> bytes:
    start, end = _stretch(data, chance)
    return bytes(data[:end] + data[start:])


def _cut(data: bytearray, chance: Random) -> bytes:
    return bytes(data[: chance.randrange(len(data))])


async def answer(
    converter: FfmpegConverter, probe: MediaProbe, file: Path, out: Path, *, seconds: float,
    judge: Callable[[Path, Sequence[Seen]], list[str]],
) -> Answer:  # fmt: skip
    """Return what the converter makes of a file within some seconds; `judge` holds what is seen against the file."""
    try:
        async with asyncio.timeout(seconds):
            published = await publish(converter, probe, file, out, copy_must=False)
    except MediaRefused as refusal:
        whole = refusal.detail.endswith(".") and len(refusal.detail) > 10
        return (
            Answer(kind=REFUSED, why=refusal.detail) if whole else Answer(kind="wrong", why=f"said {refusal.detail!r}")
        )
    except TimeoutError:
        return Answer(kind="stuck", why=f"no answer in {seconds} s")
    except Exception as error:  # noqa: BLE001  # whatever it is, it is counted and told
        return Answer(kind="failed", why=f"{type(error).__name__}: {error}"[:300])
    faults = judge_packets(published)
    whole = join(published.rungs[-1], out / "rung.mp4")
    try:
        seen = see(whole)
    except av.FFmpegError as error:
        return Answer(kind="wrong", why=f"cannot be decoded: {error}")
    faults += judge(file, seen)
    return Answer(kind="wrong", why="; ".join(faults)) if faults else Answer(kind=RIGHT)


def nothing(_: Path, __: Sequence[Seen]) -> list[str]:
    """Judge nothing but packets."""
    return []


def beside_a_player(file: Path, seen: Sequence[Seen]) -> list[str]:
    """Hold what was published against what a plain decoder shows of the same file: numbers in the same order and time.

    Where pictures are damaged the two may differ: only readable numbers count, and only those of both.
    """
    shown = dict(_as_played(file))
    if not shown:
        return []
    origin = min(shown.values())
    both = [each for each in seen if each.reading.number in shown]
    if not both:
        return ["no picture of the file can be found"] if len(shown) > 10 else []
    first: dict[int, Fraction] = {}
    for each in both:
        first.setdefault(each.reading.number, each.time)
    off = [(time - (shown[number] - origin), number) for number, time in first.items()]
    by = sorted(shift for shift, _ in off)[len(off) // 2]  # the file's own start may be another track's
    late = [number for shift, number in off if abs(shift - by) > NEAR]
    found = []
    if len(off) > 10 and len(late) > max(2, len(off) // 10):
        found.append(f"{len(late)} of {len(off)} pictures are not where a player shows them, from {late[0]} on")
    numbers = list(first)
    back = sum(1 for one, other in pairwise(numbers) if other < one)
    if back > max(1, len(numbers) // 10):
        found.append(f"pictures go back {back} times")
    lost = len(set(shown) - set(first))
    if lost > len(shown) // 4 + 4:
        found.append(f"{lost} of {len(shown)} readable pictures are lost")
    return found


def _as_played(file: Path) -> Iterator[tuple[int, Fraction]]:
    """Yield number and time of what a decoder shows that passes over damage; each number once."""
    known: set[int] = set()
    with suppress(av.FFmpegError, IndexError), av.open(str(file), metadata_errors="replace") as container:
        if not container.streams.video:
            return
        for packet in container.demux(container.streams.video[0]):
            for frame in _decoded(packet):
                number = read(light_of(frame)).number
                if number >= 0 and number not in known and frame.pts is not None:
                    known.add(number)
                    yield number, Fraction(frame.pts) * Fraction(frame.time_base)


def _decoded(packet: Any) -> list[Any]:
    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []
