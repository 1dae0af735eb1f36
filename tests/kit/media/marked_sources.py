"""Small clips whose every frame says its number and whose flashes come with beeps, in any container, at known times."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.packet import Packet
from numpy.typing import NDArray

from kit.media import marked_pictures
from kit.media.colours import Colour, coded, planes

BEEP_HERTZ, BEEP_SECONDS, BEEP_LOUD = 1000, Fraction(6, 100), 0.5
TONE_LOUD = 0.1
FLASH_SECONDS = Fraction(1, 10)
WRONG_HERTZ = 2900
SIDES = 2
FINE = Fraction(1, 90_000)
COARSE = Fraction(1, 1000)
MUXERS = {
    "mp4": "mp4", "mov": "mov", "mkv": "matroska", "webm": "webm", "ts": "mpegts", "flv": "flv", "avi": "avi",
    "mpg": "vob", "wmv": "asf", "ogv": "ogg",
}  # fmt: skip
DEEP = {"yuv420p10le": 10}
OLD = {"g": "12", "qmin": "2", "qmax": "4", "b": "4M"}
QUICK = {
    "libx264": {"preset": "ultrafast", "crf": "12", "g": "12"},
    "libx265": {"preset": "ultrafast", "crf": "12", "x265-params": "log-level=none:keyint=12"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "crf": "8", "b": "2M", "g": "12"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "12", "g": "12"},
    "libsvtav1": {"preset": "10", "crf": "4", "g": "12"},
    "mjpeg": {"qmin": "2", "qmax": "4", "strict": "unofficial"},
    "ffv1": {}, "rawvideo": {}, "png": {}, "huffyuv": {},
}  # fmt: skip


def tone(channel: int) -> int:
    """Return the pitch, in hertz, that runs through a channel from start to end."""
    return 260 + 60 * channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a stretch of the picture is coded; it lies on its right side after each of `turns`."""

    width: int = 256
    height: int = 144
    colour: Colour = field(default_factory=Colour)
    format: str = "yuv420p"
    pixel: Fraction = Fraction(1)
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How a stretch of the sound is coded."""

    layout: str = "stereo"
    rate: int = 48_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A sound track; `gaps` are stretches of time of which no packet is written."""

    codec: str
    voices: tuple[Voice, ...] = (Voice(),)
    start: Fraction = Fraction(0)
    end: Fraction
    gaps: tuple[tuple[Fraction, Fraction], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip: frame n (counted from `first`) stands from `times[n]` on; forms and voices share the length equally."""

    container: str
    codec: str
    times: tuple[Fraction, ...]
    end: Fraction
    flashes: tuple[int, ...]
    first: int = 0
    forms: tuple[Form, ...] = (Form(),)
    sound: Sound | None = None
    options: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)
    rate: Fraction | None = None
    """Frames a second as the encoder is told them; None is for times that have no rate."""

    @property
    def beeps(self) -> list[Fraction]:
        """Times at which a beep starts, each with a flash."""
        return [self.times[place] for place in self.flashes]

    def flashing(self, place: int) -> bool:
        """Whether a frame is white where flashes are."""
        return any(start <= place and self.times[place] < self.times[start] + FLASH_SECONDS for start in self.flashes)


def steady(
    rate: Fraction, seconds: Fraction, *, start: Fraction = Fraction(0)
) -> tuple[tuple[Fraction, ...], Fraction]:
    """Return the times of frames at one rate, and the end of the last."""
    frames = max(1, round(seconds * rate))
    return tuple(start + Fraction(place) / rate for place in range(frames)), start + Fraction(frames) / rate


def make(clip: Clip, target: Path) -> Path:
    """Write the clip."""
    muxing = {"avoid_negative_ts": "disabled"} if clip.container == "avi" else {}  # it has no times to shift
    with av.open(str(target), "w", format=MUXERS[clip.container], options=muxing | clip.muxing) as out:
        parts = [_pictures(out, clip), *([_sounds(out, clip, clip.sound)] if clip.sound else [])]
        packets = [packet for part in parts for packet in part]
        for packet in sorted(packets, key=_decoding_time):
            out.mux(packet)
    return target


def wave(clip: Clip, seconds: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Return the sound of the clip at some times, channels by times: a tone in each, beeps in the first two."""
    beep = np.zeros_like(seconds)
    for start in clip.beeps:
        inside = (seconds >= float(start)) & (seconds < float(start + BEEP_SECONDS))
        beep[inside] = BEEP_LOUD * np.sin(2 * np.pi * BEEP_HERTZ * (seconds[inside] - float(start)))
    tones = [TONE_LOUD * np.sin(2 * np.pi * tone(channel) * seconds) for channel in range(channels)]
    return np.stack([wave + beep * (channel < SIDES) for channel, wave in enumerate(tones)])


def _decoding_time(packet: "Packet[Any]") -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return (stamp or 0) * Fraction(packet.time_base)


def _pictures(out: Any, clip: Clip) -> "Iterator[Packet[Any]]":
    stream = _prepared(out.add_stream(clip.codec, rate=_rate(clip)), clip, clip.forms[0])
    share = -(-len(clip.times) // len(clip.forms))
    alone = len(clip.forms) == 1
    for part, form in enumerate(clip.forms):
        coder = stream if alone else _prepared(av.CodecContext.create(clip.codec, "w"), clip, form)
        for place in range(part * share, min((part + 1) * share, len(clip.times))):
            yield from _belonging(stream, coder, coder.encode(_frame(clip, form, place, coder)))
        yield from _belonging(stream, coder, coder.encode(None))


def _belonging(stream: Any, coder: Any, packets: "Iterable[Packet[Any]]") -> "Iterator[Packet[Any]]":
    for packet in packets:
        if coder is not stream:
            packet.stream, packet.time_base = stream, coder.time_base
        yield packet


def _rate(clip: Clip) -> Fraction:
    span = clip.end - clip.times[0]
    return clip.rate or (Fraction(len(clip.times)) / span).limit_denominator(1001)


def _prepared(coder: Any, clip: Clip, form: Form) -> Any:
    """Set an encoder, or the one of a stream."""
    context = getattr(coder, "codec_context", coder)
    context.width, context.height, context.pix_fmt = form.width, form.height, form.format
    context.framerate = _rate(clip)
    coarse = clip.codec in {"mpeg4", "flv", "wmv2", "msmpeg4", "h263"}
    context.time_base = 1 / clip.rate if clip.rate else COARSE if coarse else FINE
    if form.pixel != 1:
        context.sample_aspect_ratio = form.pixel
    colour = form.colour
    if colour.named:
        context.color_primaries, context.color_trc, context.colorspace = colour.codes
        context.color_range = 2 if colour.full else 1
    context.options = QUICK.get(clip.codec, OLD) | clip.options
    return coder


def _frame(clip: Clip, form: Form, place: int, coder: Any) -> Any:
    sides = (form.height, form.width) if form.turns % 2 else (form.width, form.height)
    upright = marked_pictures.draw(clip.first + place, *sides, flash=clip.flashing(place), pixel=form.pixel)
    drawn = np.rot90(upright, -form.turns)
    frame = av.VideoFrame(form.width, form.height, form.format)
    bits = DEEP.get(form.format, 8)
    for plane, values in zip(frame.planes, planes(coded(drawn, form.colour), form.colour, bits=bits), strict=True):
        kind = np.dtype(np.uint16 if bits > 8 else np.uint8)
        rows = np.zeros((plane.height, plane.line_size // kind.itemsize), kind)
        rows[:, : plane.width] = values
        plane.update(rows.tobytes())
    base = Fraction(getattr(coder, "codec_context", coder).time_base)
    until = clip.times[place + 1] if place + 1 < len(clip.times) else clip.end
    frame.pts, frame.time_base = round(clip.times[place] / base), base
    frame.duration = max(1, round(until / base) - frame.pts)
    if form.colour.named:
        frame.color_primaries, frame.color_trc, frame.colorspace = form.colour.codes
        frame.color_range = 2 if form.colour.full else 1
    return frame


def _sounds(out: Any, clip: Clip, sound: Sound) -> "Iterator[Packet[Any]]":
    stream = out.add_stream(sound.codec, rate=sound.voices[0].rate, layout=sound.voices[0].layout)
    share = (sound.end - sound.start) / len(sound.voices)
    for part, voice in enumerate(sound.voices):
        coder = stream
        if len(sound.voices) > 1:
            coder = av.CodecContext.create(sound.codec, "w")
            coder.sample_rate, coder.layout = voice.rate, voice.layout
            coder.format, coder.time_base = coder.codec.audio_formats[0], Fraction(1, voice.rate)
        for frame in _samples(clip, voice, coder, sound.start + part * share, sound.start + (part + 1) * share):
            yield from _heard(sound, _belonging(stream, coder, coder.encode(frame)))
        yield from _heard(sound, _belonging(stream, coder, coder.encode(None)))


def _heard(sound: Sound, packets: "Iterator[Packet[Any]]") -> "Iterator[Packet[Any]]":
    for packet in packets:
        start = (packet.pts or 0) * Fraction(packet.time_base)
        if not any(begin <= start < end for begin, end in sound.gaps):
            yield packet


def _samples(clip: Clip, voice: Voice, coder: Any, start: Fraction, end: Fraction) -> Iterator[Any]:
    context = getattr(coder, "codec_context", coder)
    if not context.is_open:
        context.bit_rate = 64_000 * max(2, av.AudioLayout(voice.layout).nb_channels)
        context.open()
    channels = av.AudioLayout(voice.layout).nb_channels
    step = context.frame_size or 1024
    first, last = round(start * voice.rate), round(end * voice.rate)
    for place in range(first, last, step):
        at = np.arange(place, min(place + step, last)) / voice.rate
        frame = av.AudioFrame.from_ndarray(
            _coded(wave(clip, at, channels), context.format), format=context.format.name, layout=voice.layout
        )
        frame.sample_rate, frame.pts, frame.time_base = voice.rate, place, Fraction(1, voice.rate)
        yield frame


def _coded(samples: NDArray[np.float64], form: Any) -> NDArray[Any]:
    kinds = {
        "flt": (np.float32, 1.0),
        "dbl": (np.float64, 1.0),
        "s16": (np.int16, 32_000),
        "s32": (np.int32, 2**31 - 2**16),
    }
    kind, loud = kinds[form.name.removesuffix("p")]
    given = (samples * loud).astype(kind)
    return given if form.is_planar else np.ascontiguousarray(given.T.reshape(1, -1))


def numbered_on(clip: Clip) -> Clip:
    """Return the same clip with numbers that go on after its own."""
    return replace(clip, first=clip.first + len(clip.times))


def spread(frames: int, chance: Any, *, times: Sequence[Fraction]) -> tuple[int, ...]:
    """Choose up to five frames for flashes, unevenly, away from both ends and from each other."""
    chosen: list[int] = []
    for share in (0.15, 0.35, 0.5, 0.65, 0.85):
        place = min(frames - 1, max(1, round(frames * (share + chance.uniform(-0.06, 0.06)))))
        since = times[place - 1] - times[chosen[-1]] if chosen else Fraction(1)
        near = since < FLASH_SECONDS or times[place] - times[chosen[-1] if chosen else 0] < Fraction(1, 4)
        if not near and times[place] <= times[-1] - Fraction(1, 8):
            chosen.append(place)
    return tuple(chosen)
