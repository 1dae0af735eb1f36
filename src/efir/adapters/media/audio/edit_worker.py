"""Edits sound with pydub, inside the sandbox; the result is reported on standard output.

Runs as `python -m efir.adapters.media.audio.edit_worker ORDER` in a folder of its own, where it writes `edited.wav`.
The descriptors 3, 4, … are the parts: raw samples that our ffmpeg decoded, so pydub parses no file and starts nothing.
"""

import json
import math
import os
import sys
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydub.silence import detect_leading_silence

from efir.adapters.media.audio.edit_commands import EDITED, HEADROOM, SPOOL
from efir.adapters.media.audio.sound_spans import FULL_SCALE, Sound, Span, Spool, decibels
from efir.adapters.media.confinement.confine import FIRST_INPUT
from efir.domain.audio.edits import (
    WIDTH,
    AudioEditEmpty,
    AudioEditOutside,
    AudioGainTooHigh,
    Cut,
    Fade,
    Gain,
    Join,
    TrimSilence,
    from_facts,
    pointer_to,
)
from efir.domain.audio.wav import SHORTEST
from efir.domain.kernel.errors import DomainError, FieldError

WINDOW = 10  # milliseconds whose effective level is compared with the threshold of silence
ROOM = 1.0  # decibels below full scale for a sound that was beyond it


@dataclass(frozen=True, slots=True)
class _Bench:
    """What operations work with: the parts by their ids, and where they put what they compute."""

    parts: dict[str, Sound]
    spool: Spool


def main() -> None:
    """Do an order and tell the outcome."""
    order = json.loads(sys.argv[1])
    with Path(SPOOL).open("w+b") as spool:
        try:
            told: dict[str, Any] = {"scaled": _write(apply_operations(order, Spool(spool)))}
        except DomainError as error:
            told = {"refused": error.code, "detail": error.detail, "pointer": error.errors[0].pointer}
            told |= {"fits": error.fits} if isinstance(error, AudioGainTooHigh) else {}
    print(json.dumps(told), flush=True)  # noqa: T201  # the parent reads it


def apply_operations(order: dict[str, Any], spool: Spool) -> Sound:
    """Do all operations. Raises AudioEditEmpty, AudioEditOutside, AudioGainTooHigh."""
    parts = {
        part: _open_whole(FIRST_INPUT + number, order["rate"], order["channels"])
        for number, part in enumerate(order["parts"])
    }
    sound, bench = parts[order["parts"][0]], _Bench(parts, spool)
    for number, facts in enumerate(order["operations"]):
        operation = from_facts(facts)
        sound = DOING[type(operation)](sound, operation, number, bench)
        if sound.frames < SHORTEST * sound.rate:
            raise AudioEditEmpty(errors=(FieldError(pointer_to(number), "empty", AudioEditEmpty.title),))
    return sound


def trim(sound: Sound, operation: TrimSilence, _number: int, _bench: _Bench) -> Sound:
    """Cut silence off both ends; a sound that is silent throughout leaves nothing, whatever the margin."""
    threshold, margin = operation.threshold_db - HEADROOM, round(operation.margin * sound.rate)
    lead = _silence(sound, threshold, backwards=False)
    if lead >= sound.frames:
        return sound.part(0, 0)
    trail = _silence(sound, threshold, backwards=True)
    return sound.part(max(0, lead - margin), sound.frames - max(0, trail - margin))


def cut(sound: Sound, operation: Cut, number: int, _bench: _Bench) -> Sound:
    """Keep a range or remove it."""
    start = round(operation.start * sound.rate)
    if start >= sound.frames:
        raise _outside(number, "start", sound, "The cut begins")
    end = sound.frames if operation.end is None else min(sound.frames, round(operation.end * sound.rate))
    if operation.keep:
        return sound.part(start, end)
    return sound.part(0, start).join(sound.part(end, sound.frames))


def fade(sound: Sound, operation: Fade, number: int, bench: _Bench) -> Sound:
    """Fade both ends; the fades may meet, not overlap."""
    coming, going = (_round_to_milliseconds(seconds, sound.rate) for seconds in (operation.fade_in, operation.fade_out))
    if coming + going > sound.frames:
        raise _outside(number, "out" if going else "in", sound, "The fades end")
    middle = sound.part(coming, sound.frames - going)
    first = _apply_fade(sound.part(0, coming), 0.0, 1.0, bench)
    return first.join(middle).join(_apply_fade(sound.part(sound.frames - going, sound.frames), 1.0, 0.0, bench))


def amplify(sound: Sound, operation: Gain, number: int, _bench: _Bench) -> Sound:
    """Change the level; what would go beyond full scale is refused, because clipping cannot be undone."""
    room = decibels(FULL_SCALE / (sound.peak() or 1))
    if operation.db > 0 and operation.db > room:
        raise AudioGainTooHigh(math.floor(room * 10) / 10, pointer_to(number, "db"))
    return sound.amplify(operation.db)


def join(sound: Sound, operation: Join, number: int, bench: _Bench) -> Sound:
    """Put parts behind the sound, with a crossfade that never goes beyond the louder of both."""
    overlap = _round_to_milliseconds(operation.crossfade, sound.rate)
    for record in operation.records:
        other = bench.parts[str(record)]
        if overlap > min(sound.frames, other.frames):
            raise _outside(number, "crossfade", min(sound, other, key=lambda each: each.frames), "The crossfade ends")
        if not overlap:
            sound = sound.join(other)
            continue
        before, first = sound.part(sound.frames - overlap, sound.frames).read(), other.part(0, overlap).read()
        mixed = bench.spool.keep(sound, before.append(first, crossfade=len(before)), overlap)
        sound = sound.part(0, sound.frames - overlap).join(mixed).join(other.part(overlap, other.frames))
    return sound


DOING: dict[type, Callable[[Sound, Any, int, _Bench], Sound]] = {
    TrimSilence: trim, Cut: cut, Fade: fade, Gain: amplify, Join: join
}  # fmt: skip


def _open_whole(file: int, rate: int, channels: int) -> Sound:
    return Sound(rate, channels, (Span(file, 0, os.fstat(file).st_size // (WIDTH * channels)),))


def _silence(sound: Sound, threshold: float, *, backwards: bool) -> int:
    """Count frames before the first window that is as loud as the threshold."""
    silent = 0
    for block in sound.blocks_backwards() if backwards else sound.blocks():
        quiet = int(detect_leading_silence(block, threshold, WINDOW))
        if quiet < len(block):
            return silent + quiet * sound.rate // 1000
        silent += int(block.frame_count())
    return silent


def _apply_fade(sound: Sound, before: float, after: float, bench: _Bench) -> Sound:
    """Compute a fade between two amplitudes, block by block."""
    made, at, whole = Sound(sound.rate, sound.channels), 0, sound.frames
    for block in sound.blocks():
        frames = int(block.frame_count())
        low, high = (decibels(before + (after - before) * place / whole) for place in (at, at + frames))
        block_faded = block.fade(from_gain=low, to_gain=high, start=0, end=len(block))
        made = made.join(bench.spool.keep(sound, block_faded, frames))
        at += frames
    return made


def _write(sound: Sound) -> bool:
    """Write the file without the headroom; return whether it had to be brought below full scale."""
    peak = sound.peak()
    scaled = peak > FULL_SCALE
    louder = HEADROOM + (decibels(FULL_SCALE / peak) - ROOM if scaled else 0.0)
    with wave.open(EDITED, "wb") as file:
        file.setnchannels(sound.channels)
        file.setsampwidth(WIDTH)
        file.setframerate(sound.rate)
        for block in sound.blocks():
            file.writeframesraw(block.apply_gain(louder).raw_data)
    return scaled


def _round_to_milliseconds(seconds: float, rate: int) -> int:
    """Return frames of a time that pydub, which counts in milliseconds, can name."""
    return round(seconds * 1000) * rate // 1000


def _outside(number: int, place: str, sound: Sound, what: str) -> AudioEditOutside:
    detail = f"{what} beyond the sound, which lasts {sound.frames / sound.rate:.2f} seconds here."
    return AudioEditOutside(detail, errors=(FieldError(pointer_to(number, place), "outside", detail),))


if __name__ == "__main__":
    main()
