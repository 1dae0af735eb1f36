"""Looks into a media file with PyAV, inside the sandbox: raw measurements as JSON on standard output.

Runs as `python -m efir.adapters.media.inspection.probe_worker ORDER`; the file is open as descriptor 3. All times are
seconds from the file's own start.
"""

import json
import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
from av.container import Flags, InputContainer
from av.error import FFmpegError, PatchWelcomeError

from efir.adapters.media.inspection.clock import clock_facts, delay_of, measure_coverage
from efir.adapters.media.inspection.continuity import corrections
from efir.adapters.media.inspection.frames import FrameSampler
from efir.adapters.media.inspection.marks import EVERY, MARKED, CodecWatch
from efir.adapters.media.inspection.packets import PacketLog
from efir.adapters.media.inspection.parts import PartsUnlikeError
from efir.adapters.media.inspection.picture import describe_stream, picture_facts
from efir.adapters.media.inspection.reading import Source, packets_of
from efir.adapters.media.inspection.selection import (
    can_open,
    codec_of,
    is_locked,
    pictures,
    programs,
    sounds,
    stereo_pair,
)
from efir.adapters.media.inspection.settling import frame_of, settle
from efir.adapters.media.inspection.sound import sound_facts
from efir.adapters.media.inspection.stretching import is_longer, is_stretched
from efir.adapters.media.inspection.traces import has_lost_picture
from efir.domain.processing.source_facts import VIDEO_CODECS

DECODING_CLOCKS = frozenset({"avi", "asf", "matroska"})  # that may say only when pictures are decoded
PRIMING_SECONDS = Fraction(1, 20)  # silence that encoders of sound put in front, up to 2048 samples of 44.1 kHz


def main() -> None:
    """Print what the file holds, or the code of a refusal."""
    order = json.loads(sys.argv[1])
    av.logging.set_level(av.logging.PANIC)
    try:
        print(json.dumps(_measure(order)))  # noqa: T201  # the parent reads it
    except PatchWelcomeError as error:  # whole, but of a kind that the library cannot read
        print(json.dumps({"refused": "unsupported", "why": str(error)}))  # noqa: T201  # the parent reads it
    except PartsUnlikeError:
        print(json.dumps({"refused": "media-parts-unlike"}))  # noqa: T201  # the parent reads it
    except (FFmpegError, ValueError, OverflowError) as error:
        print(json.dumps({"refused": "media-unreadable", "why": str(error)}))  # noqa: T201  # the parent reads it


def _measure(order: dict[str, Any]) -> dict[str, Any]:
    """Take the likeliest picture; one that turns out to be a still, or cannot be decoded, gives way to the next."""
    found: dict[str, Any] = {}
    best: dict[str, Any] = {}
    source = Source(order["format"], 3)
    with source.open() as container:
        if order["format"] in DECODING_CLOCKS:
            # the library would make times of showing up
            container.flags &= ~Flags.gen_pts.value  # type: ignore[operator]  # the stubs take numbers for names
        films = pictures(container, order["disabled"])
        if not films:
            return _without_picture(source, container, order["format"])
        for number, film in enumerate(films):
            if number:
                container.seek(0)
            found = _facts(source, container, film, order)
            if "refused" not in found and found.get("frames", 2) > 1:
                return found
            best = found if not best or "refused" in best else best
    return best


def _without_picture(source: Source, container: InputContainer, demuxer: str) -> dict[str, Any]:
    """Return why a file in which no picture is found is refused."""
    if source.joined:
        return {"refused": "media-parts-unlike"}
    if not container.streams.video and has_lost_picture(container, 3, demuxer):
        return {"refused": "lost-picture"}
    return {"refused": "media-audio-only" if container.streams.audio else "media-no-video"}


def _facts(source: Source, container: InputContainer, picture: Any, order: dict[str, Any]) -> dict[str, Any]:
    codec, context = codec_of(picture), picture.codec_context
    facts = {"streams": len(container.streams.video) + len(container.streams.audio), "codec": codec}
    if codec not in VIDEO_CODECS:
        return {"refused": "media-codec-refused" if codec else "unknown-picture", "why": codec}
    facts |= {"width": context.width, "height": context.height}
    if max(context.width, context.height) > order["side"] or context.width * context.height > order["pixels"]:
        return facts  # not a frame of it is decoded
    candidates = sounds(container, order["disabled"])
    logs, frames, watches, furthest = _read(source, container, picture, candidates, order["format"])
    description = _description(container)
    heard = _select_sound(candidates, picture, logs, programs(description))
    used = [logs[stream.index] for stream in (picture, *heard)]
    if any(log.encrypted for log in used) or any(map(is_locked, [picture, *heard])):
        return {"refused": "media-encrypted"}
    if any(watches[stream.index].changes for stream in (picture, *heard)):
        return {"refused": "media-codec-changes"}
    if not frames.all or not used[0].stamps:
        return {"refused": "media-unreadable", "why": "no frame can be decoded"}
    facts |= {
        "furthest": float(furthest),
        "edited": used[0].left_out > 0,
        **picture_facts(
            picture, describe_stream(description, picture.index), frames.all, more_forms=frames.forms.too_many
        ),
    }
    delay = delay_of(used[0], frames.all[0].frame)
    if order["format"] == "asf":  # its clock of decoding is the sound's, as in MPEG
        used[0].move([(0, round(delay / used[0].base))])
        delay = Fraction(0)
    if delay:  # a pipe would need the times of showing
        facts["mixed_shapes"] = False
    return facts | {"delay": float(delay)} | _read_times(container, [picture, *heard], used, source, order["format"])


def _description(container: InputContainer) -> str:
    """Return what the library has to say of a container: crop, Dolby Vision and programs are told there only."""
    av.logging.set_level(av.logging.INFO)
    try:
        text: str = container.dumps_format()  # type: ignore[attr-defined]  # the stubs lack it
    finally:
        av.logging.set_level(av.logging.PANIC)
    return text


def _select_sound(
    candidates: Sequence[Any], picture: Any, logs: dict[int, PacketLog], program: dict[int, str]
) -> list[Any]:
    """Return the tracks of the sound that a player would take, of those that have any: of the picture's own program."""
    ranked = [stream for stream in candidates if logs[stream.index].stamps]
    ranked = [stream for stream in ranked if can_open(stream)] or ranked
    own = [stream for stream in ranked if program.get(stream.index) == program.get(picture.index)]
    ranked = own or ranked
    return stereo_pair(ranked[0], ranked[1:]) if ranked else []


def _read(
    source: Source, container: InputContainer, picture: Any, heard: Sequence[Any], demuxer: str
) -> tuple[dict[int, PacketLog], FrameSampler, dict[int, CodecWatch], Fraction]:
    """Read every packet; return logs by stream, frames and codecs looked at, and the end of all other streams."""
    logs = {stream.index: PacketLog(stream, source.leaves_out) for stream in (picture, *heard)}
    watches, marked = {stream.index: CodecWatch(stream) for stream in (picture, *heard)}, demuxer in MARKED
    frames = FrameSampler(picture, container.size)
    ends: dict[int, int] = {}
    film = picture.index
    for order, packet in enumerate(source.packets(container, (picture, *heard), frames.go_on, others=True)):
        index = packet.stream_index
        log = logs.get(index)
        if log is None:
            ends[index] = max(ends.get(index, 0), (packet.pts or 0) + (packet.duration or 0))
            continue
        if index == film and (frames.begins or packet.is_keyframe):
            frames.add(packet)
        if marked and not order % EVERY:
            watches[index].look(packet)
        log.add(packet, order)
    frames.finish()
    bases = {stream.index: stream.time_base or Fraction(0) for stream in container.streams}
    return logs, frames, watches, max((end * bases[index] for index, end in ends.items()), default=Fraction(0))


def _read_times(
    container: InputContainer, streams: Sequence[Any], logs: Sequence[PacketLog], source: Source, demuxer: str
) -> dict[str, Any]:
    """Return everything that counts from the origin: mended clocks, the picture's and the sound's times."""
    picture, heard = streams[0], streams[1:]
    tables = corrections(logs, demuxer)
    if tables is None:
        return {"refused": "media-unreadable", "why": "the clock jumps too often"}
    for log, table in zip(logs, tables, strict=True):
        log.move(table)
    start = Fraction(container.start_time or 0, 1_000_000)
    if any(tables) or logs[0].decoding_only:
        start = min(log.stamps[0] * log.base for log in logs)
    settled = [settle(log, frame_of(sound)) for sound, log in zip(heard, logs[1:], strict=True)]
    if source.joined or source.unmarked or any(settled):  # ffmpeg by itself would leave packets out, or samples
        tables = [table or [(0, 0)] for table in tables]
    first = logs[0].shown()[0] * logs[0].base
    origin = first if 0 < first - start <= PRIMING_SECONDS else start
    told = clock_facts(picture, logs[0], origin, demuxer)
    return {
        **told,
        "origin": float(origin),
        "covered": float(max(map(measure_coverage, logs))),
        "picture": picture.index,
        "sounds": [stream.index for stream in heard],
        "sound": sound_facts(
            heard[0], logs[1], origin, opens=_opens(source, heard[0], logs[1], told["end"] + float(origin))
        )
        if heard
        else None,
        "promised": _promised_duration(container, picture, demuxer),
        "corrections": tables if any(tables) else [],
        "settled": settled if any(settled) else [],
    }


def _opens(source: Source, sound: Any, log: PacketLog, end: float) -> bool:
    """Tell whether a decoder takes the sound, and finds as much in it as makes it longer than the picture."""
    if not can_open(sound):
        return False
    if not is_longer(log, end):
        return True
    with source.again() as container:
        again = container.streams[sound.index]
        return not is_stretched(again, packets_of(container, again), log)


def _promised_duration(container: InputContainer, picture: Any, demuxer: str) -> float:
    """Return the seconds that an index says are there: of the picture where it has its own, else of the whole file."""
    if demuxer == "mov":
        return float((picture.duration or 0) * (picture.time_base or 0))
    return float(Fraction(container.duration or 0, 1_000_000))


if __name__ == "__main__":
    main()
