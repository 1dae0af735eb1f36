"""Looks into a media file with PyAV, inside the sandbox: raw measurements as JSON on standard output.

Runs as `python -m efir.adapters.media.probing ORDER`; the file is open as descriptor 3. All times are seconds from the
file's own start.
"""

import json
import sys
from array import array
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame

from efir.domain.media import VIDEO_CODECS

ALIASES = {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}
LOOKED_AT = 3
PACKETS_FOR_A_LOOK = 400
MATRICES = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc", 10: "bt2020c"}
FULL_RANGE = 2
HDR = {16: "pq", 18: "hlg"}
STEADY = Fraction(2, 5)
STANDARD = tuple(Fraction(rate * 1000, unit) for rate in (24, 25, 30, 48, 50, 60, 120) for unit in (1000, 1001))


class Times:
    """Time stamps and sizes of one stream's packets, in its own ticks."""

    def __init__(self, stream: Stream) -> None:
        self.base = Fraction(stream.time_base or Fraction(1, 1000))
        self.stamps = array("q")
        self.keys = array("q")
        self.bytes = 0
        self.last_duration = 0
        self.end = -(1 << 62)

    def add(self, packet: "Packet[Any]") -> None:
        """Count a packet that will be shown."""
        self.bytes += packet.size
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or packet.is_discard:
            return
        self.stamps.append(stamp)
        if packet.is_keyframe:
            self.keys.append(stamp)
        duration = packet.duration or 0
        if stamp + duration >= self.end:
            self.end, self.last_duration = stamp + duration, duration


def main() -> None:
    """Print what the file holds, or the code of a refusal."""
    order = json.loads(sys.argv[1])
    av.logging.set_level(av.logging.PANIC)
    try:
        print(json.dumps(_measure(order)))  # noqa: T201  # the parent reads it
    except (FFmpegError, ValueError, OverflowError) as error:
        print(json.dumps({"refused": "media-unreadable", "why": str(error)}))  # noqa: T201  # the parent reads it


def _measure(order: dict[str, Any]) -> dict[str, Any]:
    demuxer = order["format"]
    options = {"fd": "3", "protocol_whitelist": "fd", "format_whitelist": ALIASES.get(demuxer, demuxer)}
    options["max_streams"] = str(order["streams"] + 1)
    with av.open("fd:", format=demuxer, options=options, metadata_errors="replace") as container:
        pictures = [stream for stream in container.streams.video if not _attached(stream)]
        if not pictures:
            return {"refused": "media-audio-only" if container.streams.audio else "media-no-video"}
        sound = container.streams.audio[0] if container.streams.audio else None
        return _facts(container, pictures[0], sound, order)


def _attached(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def _facts(container: InputContainer, picture: Any, sound: Any, order: dict[str, Any]) -> dict[str, Any]:
    context = picture.codec_context
    codec = context.codec.canonical_name if context is not None else ""
    facts = {"streams": len(container.streams), "codec": codec, "width": 0, "height": 0}
    if codec not in VIDEO_CODECS:
        return {"refused": "media-codec-refused", "why": codec}
    facts |= {"width": context.width, "height": context.height}
    if max(context.width, context.height) > order["side"] or context.width * context.height > order["pixels"]:
        return facts  # not a frame of it is decoded
    times, heard = Times(picture), Times(sound) if sound else None
    frames: list[VideoFrame] = []
    for packet in container.demux(*([picture, sound] if sound else [picture])):
        if packet.size and packet.stream_index == picture.index:
            if len(frames) < LOOKED_AT and len(times.stamps) < PACKETS_FOR_A_LOOK:
                frames += _decoded(packet)
            times.add(packet)
        elif packet.size and heard is not None:
            heard.add(packet)
    if len(frames) < LOOKED_AT:
        frames += _flushed(context)
    if not frames or not times.stamps:
        return {"refused": "media-unreadable", "why": "no frame can be decoded"}
    start = Fraction(container.start_time or 0, 1_000_000)
    declared = float(Fraction(container.duration or 0, 1_000_000))
    facts |= _picture(picture, context, frames[0], frames) | _clock(picture, times, start) | {"declared": declared}
    facts["sound"] = None if heard is None else _sound(sound, heard, start)
    return facts


def _decoded(packet: "Packet[Any]") -> list[VideoFrame]:
    try:
        return list(packet.decode())
    except FFmpegError:
        return []  # the next packets may be sound


def _flushed(context: Any) -> list[VideoFrame]:
    try:
        return list(context.decode(None))
    except FFmpegError:
        return []


def _picture(picture: Any, context: Any, first: VideoFrame, frames: list[VideoFrame]) -> dict[str, Any]:
    sar = picture.sample_aspect_ratio or Fraction(1)
    trc, matrix = int(first.color_trc), int(first.colorspace)
    return {
        "profile": context.profile or "",
        "level": context.level,
        "pix_fmt": first.format.name,
        "width": first.width,
        "height": first.height,
        "sar": [sar.numerator, sar.denominator] if sar > 0 else [1, 1],
        "rotation": round(first.rotation) % 360,
        "interlaced": any(frame.interlaced_frame for frame in frames),
        "hdr": HDR.get(trc, ""),
        "full_range": int(first.color_range) == FULL_RANGE,
        "matrix": MATRICES.get(matrix, ""),
    }


def _clock(picture: Any, times: Times, start: Fraction) -> dict[str, Any]:
    stamps = array("q", sorted(times.stamps))
    keys = sorted(times.keys)
    rate, steady = _rate(picture, stamps, times.base)
    end = max(times.end, stamps[-1] + (times.last_duration or int(1 / rate / times.base)))
    gaps = [later - earlier for earlier, later in pairwise([*stamps, end])]
    spacing = [later - earlier for earlier, later in pairwise([stamps[0], *keys, end])]
    return {
        "frames": len(stamps),
        "rate": [rate.numerator, rate.denominator],
        "vfr": not steady,
        "start": float(stamps[0] * times.base - start),
        "end": float(end * times.base - start),
        "longest_frame": float(max(gaps) * times.base),
        "keyframe_spacing": float(max(spacing) * times.base),
        "bytes": times.bytes,
    }


def _rate(picture: Any, stamps: "array[int]", base: Fraction) -> tuple[Fraction, bool]:
    """Exact frames a second when every frame lies within two fifths of a frame of its place; else the mean."""
    declared = [rate for rate in (picture.average_rate, picture.base_rate, picture.guessed_rate) if rate]
    span = (stamps[-1] - stamps[0]) * base
    if len(stamps) == 1 or span <= 0:
        return (declared[0] if declared else Fraction(25)), True
    mean = Fraction(len(stamps) - 1) / span
    near = [rate for rate in STANDARD if abs(rate - mean) / mean < Fraction(1, 200)]
    usual = [rate for rate in declared if rate in STANDARD]
    for rate in [*usual, *sorted(near, key=lambda rate: abs(rate - mean)), *declared]:
        if _steady(stamps, base * rate):
            return Fraction(rate), True
    plain = mean.limit_denominator(1001)
    return (plain, True) if plain and _steady(stamps, base * plain) else (mean.limit_denominator(1_000_000), False)


def _steady(stamps: "array[int]", frames_per_tick: Fraction) -> bool:
    first, up, down = stamps[0], frames_per_tick.numerator, frames_per_tick.denominator
    most = down * STEADY.numerator // STEADY.denominator
    return all(abs((stamp - first) * up - place * down) <= most for place, stamp in enumerate(stamps))


def _sound(sound: Any, times: Times, start: Fraction) -> dict[str, Any]:
    context = sound.codec_context
    first = times.stamps[0] if times.stamps else 0
    return {
        "codec": context.codec.canonical_name if context is not None else "",
        "profile": (context.profile or "") if context is not None else "",
        "channels": context.channels if context is not None else 0,
        "rate": context.sample_rate if context is not None else 0,
        "packets": len(times.stamps),
        "start": float(first * times.base - start),
        "end": float(times.end * times.base - start) if times.stamps else 0.0,
        "bytes": times.bytes,
    }


if __name__ == "__main__":
    main()
