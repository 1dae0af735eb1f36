"""A judge of published tracks: decodes them, reads the numbers, hears the beeps, and says what differs from the source.

Nothing of the converter is believed but its files; every function returns what is wrong, in words.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from efir.adapters.media.video.tracks import join
from efir.ports.processing.media import Track
from kit.media import colours, marked_pictures, packet_rules
from kit.media.colours import Colour
from kit.media.fragments import Malformed
from kit.media.marked_pictures import Reading
from kit.media.marked_sources import BEEP_HERTZ, BEEP_LOUD, WRONG_HERTZ, Clip, tone
from kit.media.publishing import Published

AAC = Fraction(1024, 48_000)
SLACK = Fraction(4, 1000)
"""How finely a beep's start is heard."""
SHIFT = Fraction(3, 100)
"""How far picture and sound may be moved together: priming of a codec, and half a frame."""
WMA_PRIMING = Fraction(2048, 44_100)
EDGE = 0.1
QUIET = 0.12
SHAPE, COLOUR, HDR_COLOUR = 0.09, 0.06, 0.3
LOW = 3
DRAWN = marked_pictures.PATCHES | marked_pictures.CELLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A picture of the source, and from when to when it stands."""

    number: int
    start: Fraction
    end: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What has to come out, on the clock of the file: `quiet` are stretches without sound, at `changes` coders
    begin anew; `shift` is how far
    picture and sound may be moved together."""

    marks: tuple[Mark, ...]
    flashes: tuple[Fraction, ...]
    end: Fraction
    sounds: bool
    quiet: tuple[tuple[Fraction, Fraction], ...] = ()
    changes: tuple[Fraction, ...] = ()
    tones: tuple[int, ...] = ()
    sides: bool = False
    shift: Fraction = SHIFT
    steady: bool = True
    """Whether pictures stand on a grid; else the file may not tell how long the last one stands."""
    tick: Fraction = Fraction(1, 1000)
    high_range: bool = False
    wide: bool = False
    sizes: bool = True
    wrong: tuple[int, ...] = field(default=(WRONG_HERTZ,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A decoded picture: when it is shown, what it says, and the colours of its patches (of some pictures only)."""

    time: Fraction
    reading: Reading
    patches: dict[str, tuple[float, float, float]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Decoded sound, channels by samples: one sample after another, and placed by time stamps."""

    rate: int
    start: Fraction
    run: NDArray[np.float64]
    placed: NDArray[np.float64]


def truth_of(clip: Clip) -> Truth:
    """Return what a clip has to become."""
    sound = clip.sound
    origin = min([clip.times[0], *([sound.start] if sound else [])])
    marks = tuple(
        Mark(number=clip.first + place, start=start - origin, end=end - origin)
        for place, (start, end) in enumerate(zip(clip.times, [*clip.times[1:], clip.end], strict=True))
    )
    quiet: tuple[tuple[Fraction, Fraction], ...] = ()
    changes: tuple[Fraction, ...] = ()
    layouts = {voice.layout for voice in sound.voices} if sound else set()
    channels = min((av.AudioLayout(layout).nb_channels for layout in layouts), default=0)
    end = clip.end
    if sound:
        end = max(clip.end, sound.end)
        edges = [(origin, sound.start), *sound.gaps, (sound.end, end)]
        share = (sound.end - sound.start) / len(sound.voices)
        changes = tuple(sound.start - origin + part * share for part in range(1, len(sound.voices)))
        quiet = tuple((begin - origin, stop - origin) for begin, stop in edges if stop > begin)
    return Truth(
        marks=marks,
        flashes=tuple(beep - origin for beep in clip.beeps),
        end=end - origin,
        sounds=sound is not None,
        quiet=quiet,
        changes=changes,
        tones=tuple(tone(channel) for channel in range(channels) if channel != LOW),
        sides=layouts == {"stereo"},
        shift=SHIFT + (WMA_PRIMING if clip.container == "wmv" else 0),
        high_range=clip.forms[0].colour.curve != "sdr",
        steady=clip.rate is not None,
        wide=clip.forms[0].colour.matrix == "bt2020nc",
    )


def one_after_another(first: Truth, second: Truth) -> Truth:
    """Return what two joined sources have to become."""
    by = first.end
    marks = tuple(replace(mark, start=mark.start + by, end=mark.end + by) for mark in second.marks)
    quiet = tuple((begin + by, end + by) for begin, end in second.quiet)
    return replace(
        first,
        marks=(*first.marks, *marks),
        flashes=(*first.flashes, *(flash + by for flash in second.flashes)),
        end=by + second.end,
        quiet=(*first.quiet, *quiet),
    )


def see(file: Path, *, looks: int = 4) -> list[Seen]:
    """Decode the picture of a file and read every frame; of `looks` of them the colours too."""
    found = []
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        frames = max(1, (stream.frames or 0))
        for place, frame in enumerate(container.decode(stream)):
            light, blue, red = (_plane(plane) for plane in frame.planes[:3])
            patches = None
            if len(found) < looks or place % max(1, frames // looks) == 0:
                patches = marked_pictures.patches(colours.values(light, blue, red, _colour(frame)))
            time = Fraction(frame.pts) * Fraction(frame.time_base)
            found.append(Seen(time=time, reading=marked_pictures.read(light.astype(float)), patches=patches))
    return found


def hear(file: Path) -> Heard:
    """Decode the first sound of a file; it may change its form on the way, and is heard as it is at the start."""
    blocks: list[tuple[Fraction, NDArray[np.float64]]] = []
    forms: set[tuple[int, int]] = set()
    with av.open(str(file)) as container:
        stream = container.streams.audio[0]
        rate = stream.codec_context.sample_rate
        after = Fraction(0)
        for frame in container.decode(stream):
            time = after if frame.pts is None else Fraction(frame.pts) * Fraction(frame.time_base)
            blocks.append((time, samples_of(frame, rate)))
            forms.add((frame.layout.nb_channels, frame.sample_rate))
            after = time + Fraction(frame.samples, frame.sample_rate)
    if not blocks:
        return Heard(rate=rate, start=Fraction(0), run=np.zeros((1, 0)), placed=np.zeros((1, 0)))
    if len(forms) > 1:
        blocks = [(time, block[:2].mean(axis=0, keepdims=True)) for time, block in blocks]
    ends = [round(time * rate) + block.shape[1] for time, block in blocks]
    placed = np.zeros((blocks[0][1].shape[0], max(0, *ends)))
    for end, (_, block) in zip(ends, blocks, strict=True):
        placed[:, max(0, end - block.shape[1]) : max(0, end)] = block[:, max(0, block.shape[1] - end) :]
    run = np.concatenate([block for _, block in blocks], axis=1)
    return Heard(rate=rate, start=blocks[0][0], run=run, placed=placed)


def judge_source(file: Path, truth: Truth, rate: Fraction) -> list[str]:
    """Judge the source itself, as a player shows it: what is wrong here is wrong with the clip, not with us."""
    seen = see(file)
    numbers, expected = [each.reading.number for each in seen], [mark.number for mark in truth.marks]
    found = [] if numbers == expected else [f"{len(numbers)} pictures {_first_difference(numbers, expected)}"]
    found += _read_well(seen, replace(truth, sizes=False))
    if truth.sounds:
        heard = hear(file)
        start = min(seen[0].time, heard.start)
        seen = [replace(each, time=each.time - start) for each in seen]
        cut = round(start * heard.rate)
        heard = replace(heard, placed=heard.placed[:, cut:], run=heard.placed[:, cut:])
        found += judge_step(seen, heard, truth, rate)
    return found


def judge(published: Published, truth: Truth, folder: Path) -> list[str]:
    """Judge all that was made of a source."""
    found = list(_called("packets", judge_packets(published)))
    heard = hear(join(published.audio, folder / "audio.mp4")) if published.audio else None
    if truth.sounds != (heard is not None):
        found.append("sound: there is none" if truth.sounds else "sound: there is some")
    for track in published.rungs:
        seen = see(join(track, folder / f"{track.name}.mp4"))
        rate = published.plan.rate
        found += _called(track.name, judge_pictures(seen, truth, rate, published.plan.frames))
        if heard is not None:
            found += _called(track.name, judge_step(seen, heard, truth, rate))
    if heard is not None:
        found += _called("sound", judge_sound(heard, truth, published.plan.seconds))
    last = Fraction(0) if truth.steady else max(mark.end - mark.start for mark in truth.marks)
    if abs(published.plan.seconds - truth.end) > 1 / published.plan.rate + truth.shift + last:
        found.append(f"length {float(published.plan.seconds):.3f} s instead of {float(truth.end):.3f} s")
    return found + _judge_copied(published, truth, folder)


def joined_looks(published: Published, folder: Path) -> dict[str, tuple[float, float, float]]:
    """Return the colours of an early picture of the largest rung."""
    seen = see(join(published.rungs[0], folder / "looks.mp4"))
    return seen[3].patches or {}


def judge_packets(published: Published) -> list[str]:
    """Hold all tracks against the rules of packets."""
    rules: list[tuple[str, Callable[[], list[str]]]] = []
    sounds = [published.audio] if published.audio else []
    for track, rung in zip(published.rungs, published.plan.rungs, strict=True):
        rules.append((track.name, partial(packet_rules.judge_video, track, published.plan, rung)))
        rules += [(track.name, partial(packet_rules.judge_beside, track, sound, grid=True)) for sound in sounds]
    rules += [("sound", partial(packet_rules.judge_audio, sound)) for sound in sounds]
    rules.append(("rungs", partial(packet_rules.judge_rungs, published.rungs)))
    rules.append(("playlists", partial(packet_rules.judge_playlists, [*published.rungs, *sounds])))
    rules.append(("planned", partial(packet_rules.judge_planned, [*published.rungs, *sounds], published.plan)))
    copied = published.copied
    if copied is not None:
        rules.append(("copy", partial(packet_rules.judge_copy, copied.video)))
        sounds = [copied.audio] if copied.audio else []
        rules += [("copied sound", partial(packet_rules.judge_audio, sound, copied=True)) for sound in sounds]
        rules += [("copy", partial(packet_rules.judge_beside, copied.video, sound, grid=False)) for sound in sounds]
        rules.append(("playlists of the copy", partial(packet_rules.judge_playlists, [copied.video, *sounds])))
    return [fault for name, rule in rules for fault in _called(name, _kept(rule))]


def _kept(rule: Callable[[], list[str]]) -> list[str]:
    try:
        return rule()
    except (Malformed, struct.error, IndexError, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]


def judge_pictures(seen: Sequence[Seen], truth: Truth, rate: Fraction, frames: int) -> list[str]:
    """Judge that each picture stands in its time, none is lost or out of order, and shapes and colours are kept."""
    found = []
    if len(seen) != frames:
        found.append(f"{len(seen)} pictures can be decoded, {frames} are planned")
    found += _read_well(seen, truth)
    places = list(_places(seen, truth))
    unknown = [place for place, mark in enumerate(places) if mark is None]
    if unknown:
        said = [seen[place].reading.number for place in unknown[:8]]
        found.append(f"{len(unknown)} pictures say no number of the source, from {unknown[0]} on: {said}")
        return found
    at = [mark for mark in places if mark is not None]
    backwards = [place for place in range(1, len(at)) if at[place] < at[place - 1]]
    if backwards:
        found.append(f"pictures go back {len(backwards)} times, first at picture {backwards[0]}")
    return found + _counted(at, truth, rate, len(seen)) + _timed(seen, at, truth, rate)


def judge_sound(heard: Heard, truth: Truth, seconds: Fraction) -> list[str]:
    """Judge that sound is as long as the picture, nothing of it is lost, squeezed or from another track."""
    found = []
    for name, samples in (("sample after sample", heard.run), ("by time stamps", heard.placed)):
        length = Fraction(samples.shape[1], heard.rate)
        if abs(length - seconds) > AAC + Fraction(1, 1000):
            found.append(f"{name} it lasts {float(length):.3f} s beside {float(seconds):.3f} s of picture")
    strength = {pitch: _strength(heard, pitch) for pitch in (*truth.tones, *truth.wrong)}
    loudest = max(strength.values(), default=0.0)
    missing = [pitch for pitch in truth.tones if strength[pitch] < loudest / 20]
    if missing:
        found.append(f"tones of {missing} Hz are not heard ({strength})")
    if strength[WRONG_HERTZ] > loudest / 20:
        found.append("another track's sound is heard")
    if truth.sides and _strength(heard, tone(0), side=0) < 3 * _strength(heard, tone(0), side=1):
        found.append("left and right are mixed or changed")
    for name, samples in (("sample after sample", heard.run), ("by time stamps", heard.placed)):
        found += [f"{name}: {fault}" for fault in _levels(samples, heard.rate, truth)]
    return found + _loudness(heard, truth)


def _loudness(heard: Heard, truth: Truth) -> list[str]:
    """Beeps must be about as loud as in the source, in every stretch of it."""
    wave = heard.placed.mean(axis=0)
    loud = _envelope(wave, heard.rate, BEEP_HERTZ)
    around = [
        loud[max(0, round((time - EDGE) * heard.rate)) :][: round(heard.rate * 4 * EDGE)]
        for time in map(float, truth.flashes)
    ]
    levels = [round(float(piece.max(initial=0)), 2) for piece in around]
    low, high = min(levels, default=BEEP_LOUD), max(levels, default=BEEP_LOUD)
    if low > 0.35 * BEEP_LOUD and high < min(1.5 * low, 1.6 * BEEP_LOUD):
        return []
    return [f"beeps are {levels} loud instead of {BEEP_LOUD}"]


def judge_step(seen: Sequence[Seen], heard: Heard, truth: Truth, rate: Fraction) -> list[str]:
    """Judge that every beep starts with its flash, by both ways of decoding, and where it has to."""
    flashes = _flashes(seen)
    found = []
    if len(flashes) != len(truth.flashes):
        found.append(f"{len(flashes)} flashes instead of {len(truth.flashes)}")
    allowed = AAC + 1 / rate / 2 + SLACK
    for name, samples in (("sample after sample", heard.run), ("by time stamps", heard.placed)):
        beeps = beeps_of(samples, heard.rate)
        if len(beeps) != len(truth.flashes):
            found.append(f"{len(beeps)} beeps instead of {len(truth.flashes)} {name}")
            continue
        for flash, beep in zip(flashes, beeps, strict=False):
            off = beep - flash
            if abs(off) > allowed:
                found.append(f"beep at {float(beep):.3f} s, flash at {float(flash):.3f} s {name}")
        for true, beep in zip(truth.flashes, beeps, strict=True):
            if abs(beep - true) > truth.shift + SLACK:
                found.append(f"beep at {float(beep):.3f} s instead of {float(true):.3f} s {name}")
    return found


def beeps_of(samples: NDArray[np.float64], rate: int) -> list[Fraction]:
    """Return the times at which beeps start."""
    loud = _envelope(samples.mean(axis=0), rate, BEEP_HERTZ)
    if not len(loud) or loud.max() < 0.02:
        return []
    above = loud > loud.max() / 2
    starts = np.flatnonzero(above[1:] & ~above[:-1]) + 1
    if above[0]:
        starts = np.concatenate([[0], starts])
    kept: list[int] = []
    for start in starts:
        if not kept or start - kept[-1] > rate // 8:
            kept.append(int(start))
    return [Fraction(start, rate) for start in kept]


def _judge_copied(published: Published, truth: Truth, folder: Path) -> list[str]:
    copied = published.copied
    if copied is None:
        return []
    seen = see(_joined(copied.video, folder))
    found = [] if truth.wide else _read_well(seen, truth)  # players convert wide colours by their names
    numbers, expected = [each.reading.number for each in seen], [mark.number for mark in truth.marks]
    if numbers != expected:
        found.append(f"{len(numbers)} pictures {_first_difference(numbers, expected)}")
    elif any(abs(each.time - seen[0].time - mark.start + truth.marks[0].start) > 2 * truth.tick
             for each, mark in zip(seen, truth.marks, strict=True)):  # fmt: skip
        found.append("pictures are shown at other times than in the source")
    if copied.audio is not None:
        heard = hear(_joined(copied.audio, folder))
        gap = max((mark.end - mark.start for mark in truth.marks), default=Fraction(0))
        found += judge_step(seen, heard, truth, 1 / min(gap, Fraction(1, 10)))
    return list(_called("copy", found))


def _joined(track: Track, folder: Path) -> Path:
    return join(track, folder / f"copied-{track.name}.mp4")


def _first_difference(numbers: Sequence[int], expected: Sequence[int]) -> str:
    place = next(
        (at for at, (one, other) in enumerate(zip(numbers, expected, strict=False)) if one != other),
        min(len(numbers), len(expected)),
    )
    return f"of {len(expected)}; at {place}: {list(numbers[place : place + 5])} for {list(expected[place : place + 5])}"


def _called(name: str, faults: Sequence[str]) -> Iterator[str]:
    return (f"{name}: {fault}" for fault in faults)


def _read_well(seen: Sequence[Seen], truth: Truth) -> list[str]:
    found = []
    shapes = [each.reading.shape for each in seen]
    bent = [shape for shape in shapes if abs(shape - 1) > SHAPE]
    if bent and truth.sizes:
        found.append(f"squares of {len(bent)} pictures are {min(bent):.2f} to {max(bent):.2f} as wide as high")
    worst: dict[str, float] = {}
    for each in seen:
        for name, colour in (each.patches or {}).items():
            off = max(abs(one - other) for one, other in zip(colour, DRAWN[name], strict=True))
            worst[name] = max(worst.get(name, 0.0), off)
    off = {
        name: round(value, 2) for name, value in worst.items() if value > (HDR_COLOUR if truth.high_range else COLOUR)
    }
    return [*found, f"colours are off by {off}"] if off else found


def _places(seen: Sequence[Seen], truth: Truth) -> Iterator[int | None]:
    """Yield which mark each picture is: of those with its number the one nearest in time."""
    known: dict[int, list[int]] = {}
    for place, mark in enumerate(truth.marks):
        known.setdefault(mark.number, []).append(place)
    for each in seen:
        places = known.get(each.reading.number, [])
        yield min(places, key=lambda place: abs(truth.marks[place].start - each.time), default=None)


def _counted(at: Sequence[int], truth: Truth, rate: Fraction, frames: int) -> list[str]:
    """Hold how often pictures stand against how long they last; one more or less where that is no whole number."""
    lost, many, finely = [], [], float(2 * truth.tick * rate) * (1 if truth.steady else -1)
    for place, mark in enumerate(truth.marks):
        start = Fraction(0) if place == 0 else mark.start
        end = max(mark.end, Fraction(frames) / rate) if place == len(truth.marks) - 1 else mark.end
        wanted = float((end - start) * rate)
        count = sum(1 for each in at if each == place)
        edge = place in {
            0,
            at[-1],
            len(truth.marks) - 1,
        }  # what a common shift takes from the first it gives to the last
        if count < np.ceil(wanted - 1 + finely) - edge:
            lost.append(mark.number)
        if count > np.floor(wanted + 1 - finely) + edge * (1 + float(truth.shift * rate)):
            many.append(mark.number)
    found = [f"{len(lost)} pictures are lost: {lost[:8]}"] if lost else []
    return [*found, f"{len(many)} pictures stand too often: {many[:8]}"] if many else found


def _timed(seen: Sequence[Seen], at: Sequence[int], truth: Truth, rate: Fraction) -> list[str]:
    """There must be one small shift by which every picture stands in its time, half an output frame allowed."""
    half = 1 / rate / 2 + 2 * truth.tick
    low, high, worst = -truth.shift, truth.shift, ""
    for each, place in zip(seen, at, strict=True):
        mark = truth.marks[place]
        if place != at[-1]:
            low = max(low, each.time - mark.end - half)
        if place != 0:
            high = min(high, each.time - mark.start + half)
        if low > high and not worst:
            worst = (
                f"picture {mark.number} is shown at {float(each.time):.3f} s, it stands from {float(mark.start):.3f} s"
            )
            worst += f" to {float(mark.end):.3f} s"
    return [worst] if worst else []


def _flashes(seen: Sequence[Seen]) -> list[Fraction]:
    lit = [False, *(each.reading.flash for each in seen)]
    return [each.time for each, before in zip(seen, lit, strict=False) if each.reading.flash and not before]


def _envelope(wave: NDArray[np.float64], rate: int, pitch: int) -> NDArray[np.float64]:
    """Return how strong a pitch is around each sample, over eight thousandths of a second."""
    turning = wave * np.exp(-2j * np.pi * pitch * np.arange(len(wave)) / rate)
    window = max(1, rate // 125)
    if len(wave) < window:
        return np.zeros(0)
    return 2 * np.abs(np.convolve(turning, np.ones(window) / window, mode="same"))


def _strength(heard: Heard, pitch: int, side: int | None = None) -> float:
    """How strong a pitch is over the whole length, in both channels or one."""
    wave = heard.placed if side is None else heard.placed[min(side, heard.placed.shape[0] - 1)][None]
    if not wave.shape[1]:
        return 0.0
    turning = np.exp(-2j * np.pi * pitch * np.arange(wave.shape[1]) / heard.rate)
    window = max(1, heard.rate // 10)
    whole = wave.shape[1] // window * window
    pieces = (wave * turning)[:, :whole].reshape(wave.shape[0], -1, window).mean(axis=2)
    return float(2 * np.abs(pieces).mean()) if whole else 0.0


def _levels(samples: NDArray[np.float64], rate: int, truth: Truth) -> list[str]:
    """Hold loudness against the stretches that have to be quiet, and the others."""
    window = rate // 50
    whole = samples.shape[1] // window * window
    level = np.sqrt((samples[:, :whole].reshape(samples.shape[0], -1, window) ** 2).mean(axis=(0, 2)))
    if not len(level):
        return ["nothing is heard"]
    usual = float(np.percentile(level, 60)) if len(level) else 0.0
    times = (np.arange(len(level)) + 0.5) * window / rate
    silent = np.zeros(len(level), bool)
    loud = (times > EDGE) & (times < float(truth.end) - EDGE)
    for begin, end in truth.quiet:
        silent |= (times > float(begin) + EDGE) & (times < float(end) - EDGE)
        loud &= (times < float(begin) - EDGE) | (times > float(end) + EDGE)
    for change in truth.changes:
        loud &= abs(times - float(change)) > EDGE
    found = []
    heard = times[silent & (level > QUIET * usual)]
    if len(heard):
        found.append(f"sound is heard at {heard[0]:.2f} s, where the source has none ({len(heard)} fiftieths)")
    missing = times[loud & (level < 0.3 * usual)]
    if len(missing):
        found.append(f"silence at {missing[0]:.2f} s, where the source has sound ({len(missing)} fiftieths)")
    return found


def samples_of(frame: "av.AudioFrame", rate: int) -> NDArray[np.float64]:
    """Return channels by samples, from -1 to 1, at one rate."""
    values = frame.to_ndarray()
    loudest = 1.0 if values.dtype.kind == "f" else float(np.iinfo(values.dtype).max)
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    values = values.astype(float) / loudest
    if frame.sample_rate == rate:
        return values
    times = np.arange(round(values.shape[1] * rate / frame.sample_rate)) * frame.sample_rate / rate
    return np.stack([np.interp(times, np.arange(values.shape[1]), channel) for channel in values])


def light_of(frame: "av.VideoFrame") -> NDArray[np.float64]:
    """Return the light of a picture as it is coded."""
    return _plane(frame.planes[0]).astype(float)


def _plane(plane: "av.video.plane.VideoPlane") -> NDArray[np.uint8]:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _colour(frame: "av.VideoFrame") -> Colour:
    """Colours as the frame names them; players take BT.601 for unnamed ones of small pictures."""
    return Colour(matrix=colours.NUMBERS.get(int(frame.colorspace), "smpte170m"), full=int(frame.color_range) == 2)
