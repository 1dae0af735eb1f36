"""Named clips, one for each way in which files of people differ, and clips by seed that combine the ways."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from kit.media.colours import Colour
from kit.media.judging import Truth, one_after_another, truth_of
from kit.media.marked_sources import WRONG_HERTZ, Clip, Form, Sound, Voice, make, numbered_on, spread, steady
from kit.media.sources import ffmpeg

F = Fraction
FILM, NTSC, FAST_NTSC = F(24_000, 1001), F(30_000, 1001), F(60_000, 1001)
ZERO, TWO, USUAL = F(0), F(2), F(25)
Made = tuple[Path, Truth]
Maker = Callable[[Path], Made]
"""Writes a clip into a folder; returns the file and what it has to become."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """A container with codecs that belong to it; `rates` are frame rates it can tell, none: any."""

    container: str
    picture: str
    sound: str
    uneven: bool = True
    rates: tuple[Fraction, ...] = ()
    sound_rate: int = 48_000


CODINGS = (
    Coding(container="mp4", picture="libx264", sound="aac"),
    Coding(container="mp4", picture="libx265", sound="aac"),
    Coding(container="mp4", picture="mpeg4", sound="libmp3lame", sound_rate=44_100),
    Coding(container="mov", picture="mjpeg", sound="pcm_s16le"),
    Coding(container="mov", picture="libx264", sound="alac"),
    Coding(container="mkv", picture="ffv1", sound="flac"),
    Coding(container="mkv", picture="libx264", sound="ac3"),
    Coding(container="webm", picture="libvpx-vp9", sound="libopus"),
    Coding(container="webm", picture="libvpx", sound="libopus"),
    Coding(container="ts", picture="libx264", sound="aac"),
    Coding(container="ts", picture="mpeg2video", sound="mp2", rates=(F(25), NTSC, F(30), F(50))),
    Coding(container="flv", picture="flv", sound="libmp3lame", sound_rate=44_100),
    Coding(container="flv", picture="libx264", sound="aac", sound_rate=44_100),
    Coding(container="avi", picture="mpeg4", sound="libmp3lame", uneven=False),
    Coding(container="avi", picture="mjpeg", sound="pcm_s16le", uneven=False),
    Coding(container="mpg", picture="mpeg2video", sound="mp2", uneven=False, rates=(F(25), NTSC, F(30), F(50))),
    Coding(container="wmv", picture="wmv2", sound="wmav2", sound_rate=44_100),
)
RATES = (
    F(1),
    F(5),
    F(25, 2),
    F(15),
    FILM,
    F(24),
    F(25),
    NTSC,
    F(30),
    F(48),
    F(50),
    FAST_NTSC,
    F(60),
    F(90),
    F(100),
    F(120),
)
COLOURS = {
    "bt709": Colour(matrix="bt709"), "bt601": Colour(), "bt470bg": Colour(matrix="bt470bg"),
    "bt709-full": Colour(matrix="bt709", full=True), "bt601-full": Colour(full=True), "unnamed": Colour(named=False),
    "bt2020": Colour(matrix="bt2020nc"), "pq": Colour(matrix="bt2020nc", curve="pq"),
    "pq-full": Colour(matrix="bt2020nc", curve="pq", full=True), "hlg": Colour(matrix="bt2020nc", curve="hlg"),
    "hlg-full": Colour(matrix="bt2020nc", curve="hlg", full=True),
}  # fmt: skip


def clip_of(
    container: str = "mp4", picture: str = "libx264", sound: str | None = "aac", *, rate: Fraction | None = USUAL,
    seconds: Fraction = TWO, start: Fraction = ZERO, **more: Any,
) -> Clip:  # fmt: skip
    """Return a clip, of one rate unless `times` are given; `more` are fields of Clip and Sound."""
    if "times" in more:
        rate = None
    times, end = more.pop("times", None) or steady(rate or F(25), seconds, start=start)
    heard = {name: more.pop(name) for name in ("voices", "gaps") if name in more}
    sound_start = more.pop("sound_start", times[0])
    flashes = spread(len(times), Random(str(rate)), times=times)  # noqa: S311  # no secret
    track = Sound(codec=sound, start=sound_start, end=more.pop("sound_end", end), **heard) if sound else None
    if track is not None:
        flashes = tuple(flash for flash in flashes if _audible(times[flash], track))
    return Clip(
        container=container, codec=picture, times=times, end=end, flashes=flashes, sound=track, rate=rate, **more
    )  # fmt: skip


def _audible(time: Fraction, sound: Sound) -> bool:
    share = (sound.end - sound.start) / len(sound.voices)
    changes = [(sound.start + part * share,) * 2 for part in range(1, len(sound.voices))]
    edges = [(F(-1), sound.start), *sound.gaps, *changes, (sound.end, sound.end + 1000)]
    return not any(begin - F(1, 5) < time < end + F(1, 10) for begin, end in edges)


def just(clip: Clip) -> Maker:
    """Return a maker of one clip."""
    return lambda folder: (make(clip, folder / f"clip.{clip.container}"), truth_of(clip))


def of(*about: Any, **more: Any) -> Maker:
    """Return a maker of a steady clip."""
    return just(clip_of(*about, **more))


def uneven_times(seed: int, *, seconds: int = 2, hole: Fraction = ZERO) -> tuple[tuple[Fraction, ...], Fraction]:
    """Return times like a screen recorder's: steps of 10 to 90 ms; a `hole` stands in the middle."""
    chance = Random(seed)  # noqa: S311  # no secret
    steps = [F(chance.randrange(10, 90), 1000) for _ in range(seconds * 20)]
    steps[len(steps) // 2] += hole
    starts = [F(0), *accumulate(steps)]
    return tuple(starts[:-1]), starts[-1]


def missing(clip: Clip, *gone: int) -> Clip:
    """Return the clip without some frames: time goes on, numbers go on."""
    kept = [place for place in range(len(clip.times)) if place not in gone]
    flashes = tuple(kept.index(flash) for flash in clip.flashes if flash in kept)
    return replace(clip, times=tuple(clip.times[place] for place in kept), flashes=flashes)


def joined(*parts: Clip, foreign: bytes = b"") -> Maker:
    """Return a maker of files, one after the other in one, with bytes that belong to none in front."""

    def write(folder: Path) -> Made:
        made = [make(part, folder / f"part-{place}.{part.container}") for place, part in enumerate(parts)]
        whole = folder / f"clip.{parts[0].container}"
        whole.write_bytes(foreign + b"".join(part.read_bytes() for part in made))
        return whole, reduce(one_after_another, map(truth_of, parts))

    return write


def begun_again(clip: Clip) -> Maker:
    """Return a maker of a clip in fragments whose clocks begin again in the middle of the file."""

    def write(folder: Path) -> Made:
        file, truth = just(clip)(folder)
        data = bytearray(file.read_bytes())
        times = [at.start() + 8 for at in re.finditer(rb"tfdt\x01\x00\x00\x00", data)]
        later = times[len(times) // 4 * 2 :]  # picture and sound in turns
        for track in range(2):
            first = struct.unpack_from(">Q", data, later[track])[0]
            for at in later[track::2]:
                struct.pack_into(">Q", data, at, struct.unpack_from(">Q", data, at)[0] - first)
        file.write_bytes(data)
        return file, truth

    return write


def remuxed(clip: Clip, words: str, *, container: str = "", **truth: Any) -> Maker:
    """Return a maker of a clip with other things around it.

    In `words`, CLIP is the clip, COMMENT a sound of another pitch, THUMB one small picture, TEXT subtitles that end
    after a minute, FONT a file; `truth` are fields of Truth that differ.
    """

    def write(folder: Path) -> Made:
        made = make(clip, folder / f"part.{clip.container}")
        target = folder / f"clip.{container or clip.container}"
        ffmpeg(*(_thing(word, made, folder) for word in words.split()), "-map_metadata", "-1", target)
        return target, replace(truth_of(clip), **truth)

    return write


def _thing(word: str, made: Path, folder: Path) -> str | Path:
    if word == "CLIP":
        return made
    thing = folder / {"COMMENT": "comment.wav", "THUMB": "thumb.mov", "TEXT": "text.srt", "FONT": "font.ttf"}.get(
        word, "-"
    )
    if word == "COMMENT":
        ffmpeg("-f", "lavfi", "-i", f"sine=frequency={WRONG_HERTZ}:sample_rate=48000:duration=2", "-ac", "2", thing)
    elif word == "THUMB":
        ffmpeg("-f", "lavfi", "-i", "color=gray:s=160x90:r=1:d=1", "-frames:v", "1", "-c:v", "mjpeg", thing)
    elif word == "TEXT":
        thing.write_text("1\n00:00:00,500 --> 00:00:01,000\nhi\n\n2\n00:00:58,000 --> 00:01:00,000\nbye\n")
    elif word == "FONT":
        thing.write_bytes(b"\0\1\0\0" * 16)
    else:
        return word
    return thing


def formed(
    *colours: str, container: str = "mp4", picture: str = "libx264", sizes: tuple[tuple[int, int], ...] = ()
) -> Maker:
    """Return a maker of a clip whose colours or sizes change on the way."""
    chosen = [COLOURS[name] for name in colours]
    forms = tuple(
        Form(width=width, height=height, colour=colour, format="yuv420p10le" if colour.curve != "sdr" else "yuv420p")
        for colour, (width, height) in zip(
            chosen if len(chosen) > 1 else chosen * max(1, len(sizes)), sizes or [(256, 144)] * len(chosen), strict=True
        )
    )
    codec = "libx265" if any(form.format.endswith("10le") for form in forms) else picture
    sound = {"webm": "libopus", "ts": "ac3"}.get(container, "aac")
    return of(container, codec, sound, forms=forms)


def shapes(*pixels: Fraction) -> tuple[Form, ...]:
    """Return forms of one coded size whose pixels have these shapes."""
    return tuple(Form(width=192, height=144, pixel=pixel) for pixel in pixels)


def reshaped(*pixels: Fraction, picture: str = "libx264") -> Maker:
    """Return a maker of a clip whose pixels change their shape on the way."""
    return of("ts", picture, "ac3", forms=shapes(*pixels))


def voiced(*layouts: str, rates: tuple[int, ...] = (48_000,), container: str = "ts", sound: str = "ac3") -> Maker:
    """Return a maker of a clip whose sound changes on the way."""
    count = max(len(layouts), len(rates))
    voices = tuple(
        Voice(layout=layouts[place % len(layouts)], rate=rates[place % len(rates)]) for place in range(count)
    )
    return of(container, "libx264", sound, voices=voices)


REORDERED = {
    "two": {"bf": "2"},
    "a pyramid in open groups": {"bf": "3", "x264-params": "b-pyramid=normal:open-gop=1:keyint=10"},
    "eight": {"bf": "8", "x264-params": "b-adapt=0:b-pyramid=none"},
    "none": {"bf": "0"},
}
BASE = clip_of()
LATE_CLOCK = F(2**33, 90_000) - 1
PAIR = "-i CLIP -filter_complex [0:a]channelsplit=channel_layout=stereo[l][r] -map 0:v -map [l] -map [r] -c:v copy"
BOX = (256, 144)
PIECES = {"movflags": "+frag_keyframe+empty_moov"}
EDITED_PIECES = {"movflags": "+frag_keyframe+empty_moov+delay_moov"}
CASES: dict[str, Maker] = {
    **{f"plain {coding.picture} in {coding.container}": of(
        coding.container, coding.picture, coding.sound, voices=(Voice(rate=coding.sound_rate),),
        forms=(Form(format="yuvj420p", colour=Colour(full=True)) if coding.picture == "mjpeg" else Form(),),
    ) for coding in CODINGS},
    "plain theora in ogv": remuxed(
        clip_of("mkv", "ffv1", "flac"), "-i CLIP -c:v libtheora -q:v 9 -c:a libvorbis", container="ogv"),
    "B-frames": of(options={"preset": "veryfast", "bf": "3"}),
    **{f"B-frames in AVI: {name}": of("avi", "libx264", "pcm_s16le", options={"preset": "veryfast"} | options)
       for name, options in REORDERED.items()},
    **{f"B-frames in AVI: {name}": remuxed(
        clip_of("mkv", "ffv1", "flac"), f"-i CLIP -c:v {codec} -bf 2 -q:v 2 -c:a pcm_s16le", container="avi",
    ) for name, codec in (("MPEG-4", "mpeg4"), ("MPEG-2", "mpeg2video"))},
    "B-frames in WMV": of("wmv", "libx264", "wmav2", voices=(Voice(rate=44_100),), options={"bf": "2"}),
    "pieces of MP4": of(sound="flac", muxing={"movflags": "+frag_keyframe+empty_moov"}),
    "no sound": of(sound=None),
    **{f"{float(rate):.5g} frames a second": of("mkv", "libx264", "flac", rate=rate, seconds=F(4) if rate < 10 else TWO)
       for rate in RATES},
    **{f"{float(rate):.5g} frames a second in MP4": of(rate=rate, seconds=F(4) if rate < 10 else TWO)
       for rate in (F(1), FILM, NTSC, F(120))},
    "longer than a segment at 29.97": of(rate=NTSC, seconds=F(10)),
    "uneven in MKV": of("mkv", "libx264", "flac", times=uneven_times(1)),
    "uneven in MP4": of(times=uneven_times(2)),
    "uneven in WebM": of("webm", "libvpx", "libopus", times=uneven_times(3)),
    "uneven over a segment": of("mkv", "libx264", "flac", times=uneven_times(116, seconds=5)),
    "uneven over a segment in FLV": of("flv", "libx264", "aac", times=uneven_times(335, seconds=5),
                                       voices=(Voice(rate=44_100),)),
    "a hole in the picture": of("mkv", "libx264", "flac", times=uneven_times(4, hole=F(1))),
    "frames are missing": just(replace(missing(clip_of("mkv", "libx264", "flac"), 11, 12, 30), rate=None)),
    "frames are missing in AVI": just(missing(clip_of("avi", "mpeg4", "pcm_s16le"), 11, 30)),
    "the first frame of an AVI is held": just(missing(clip_of("avi", "mpeg4", "pcm_s16le"), 1)),
    "smaller in VP8": formed("unnamed", container="webm", picture="libvpx", sizes=(BOX, (128, 72))),
    "larger in VP8": formed("unnamed", container="webm", picture="libvpx", sizes=((128, 72), BOX)),
    "smaller in H.264": formed("bt709", container="ts", sizes=(BOX, (192, 108))),
    "larger in VP9, three times": formed(
        "bt601", container="webm", picture="libvpx-vp9", sizes=((128, 72), (192, 108), BOX)),
    "turned in mid-stream": formed("unnamed", container="webm", picture="libvpx", sizes=(BOX, (144, 256))),
    "narrower in mid-stream": formed("bt709", container="ts", sizes=(BOX, (192, 144))),
    "wider pixels in mid-stream": reshaped(F(1), F(4, 3), F(1)),
    "wider pixels in MPEG-2": reshaped(F(4, 3), F(16, 9), picture="mpeg2video"),
    "narrower pixels in MKV": remuxed(clip_of("ts", forms=shapes(F(4, 3), F(1))), "-i CLIP -c copy", container="mkv"),
    "smaller after half a second": of(
        "ts", sound="ac3", seconds=F(1), forms=(Form(width=192), Form(width=96, height=72))),
    "larger for a moment": of("ts", sound="ac3", seconds=F(6), forms=(
        *(Form(width=128, height=72),) * 5, Form(), *(Form(width=128, height=72),) * 9)),
    "odd sizes in WebM": of("webm", "libvpx-vp9", "libopus", forms=(Form(width=255, height=143),)),
    "odd sizes in MPEG": of("mpg", "mpeg2video", "mp2", forms=(Form(width=240, height=135),)),
    "odd sizes on their side": remuxed(
        clip_of("mkv", "ffv1", "flac", forms=(Form(width=405, height=241, turns=1),)),
        "-display_rotation 90 -i CLIP -c copy -map 0"),
    "very wide, with five rungs": of(seconds=F(1), forms=(Form(width=1760, height=264),)),
    "pixels that are not square": of(forms=(Form(width=192, height=144, pixel=F(4, 3)),)),
    "turned by a quarter": remuxed(
        clip_of(forms=(Form(width=432, height=240, turns=1),)), "-display_rotation 90 -i CLIP -c copy -map 0"),
    **{f"colours: {name}": formed(name) for name in COLOURS},
    "colours: named late": formed("unnamed", "bt709", container="ts"),
    "colours: the range changes": formed("bt709", "bt709-full", container="ts"),
    "colours: the matrix changes": formed("bt601", "bt709", container="mkv"),
    "mono": of(voices=(Voice(layout="mono"),)),
    "5.1": of(voices=(Voice(layout="5.1"),)),
    "7.1": of("mkv", "libx264", "flac", voices=(Voice(layout="7.1"),)),
    "5.1 in Opus": of("webm", "libvpx", "libopus", voices=(Voice(layout="5.1"),)),
    "two mono tracks": remuxed(clip_of("mov", "libx264", "pcm_s16le"), f"{PAIR} -c:a pcm_s16le"),
    "2.0 to 5.1": voiced("stereo", "5.1"),
    "5.1 to 2.0": voiced("5.1", "stereo"),
    "mono to stereo to 5.1": voiced("mono", "stereo", "5.1"),
    "48 kHz to 44.1 kHz": voiced("stereo", rates=(48_000, 44_100)),
    "48 kHz to 32 kHz in MP2": voiced("stereo", rates=(48_000, 32_000), sound="mp2"),
    "22 kHz": of("mkv", "libx264", "flac", voices=(Voice(rate=22_050),)),
    "sound starts late": of("mkv", "libx264", "flac", sound_start=F(1, 2)),
    "sound starts late in MP4": of(sound_start=F(1, 2)),
    "sound ends early": of("mkv", "libx264", "flac", sound_end=F(3, 2)),
    "sound goes on": of("mkv", "libx264", "flac", sound_end=F(3)),
    "picture starts late": of("mkv", "libx264", "flac", start=F(2, 5), sound_start=F(0)),
    "everything starts late": of("ts", "libx264", "aac", start=F(10)),
    "a gap in sound in MKV": of("mkv", "libx264", "flac", gaps=((F(7, 10), F(12, 10)),)),
    "a gap in sound in TS": of("ts", "libx264", "mp2", gaps=((F(7, 10), F(12, 10)),)),
    "a gap in AAC": of("mkv", "libx264", "aac", gaps=((F(7, 10), F(12, 10)),)),
    "a gap in AAC in FLV": of("flv", "flv", "aac", gaps=((F(7, 10), F(12, 10)),)),
    "commentary first": remuxed(BASE, "-i CLIP -i COMMENT -map 0:v -map 1 -map 0:a -c copy -c:a:0 aac "
                                "-disposition:a:0 0 -disposition:a:1 default", container="mkv"),
    "commentary first in MP4": remuxed(BASE, "-i CLIP -i COMMENT -map 0:v -map 1 -map 0:a -c copy -c:a:0 aac "
                                       "-disposition:a:0 0 -disposition:a:1 default"),
    "commentary second": remuxed(BASE,
        "-i CLIP -i COMMENT -map 0:v -map 0:a -map 1 -c copy -c:a:1 aac", container="mkv"),
    "commentary is told to be one": remuxed(BASE, "-i CLIP -i COMMENT -map 0:v -map 1 -map 0:a -c copy -c:a:0 aac "
                                            "-disposition:a:0 comment -disposition:a:1 0", container="mkv"),
    "a thumbnail first": remuxed(BASE, "-i THUMB -i CLIP -map 0 -map 1 -c copy", container="mov"),
    "a thumbnail last": remuxed(BASE, "-i CLIP -i THUMB -map 0 -map 1 -c copy", container="mov"),
    "a cover first": remuxed(
        BASE, "-i THUMB -i CLIP -map 0 -map 1 -c copy -disposition:v:0 attached_pic", container="mp4"),
    "sound before the picture": remuxed(BASE, "-i CLIP -map 0:a -map 0:v -c copy"),
    "subtitles longer than the film": remuxed(BASE, "-i CLIP -i TEXT -map 0 -map 1 -c copy -c:s srt", container="mkv"),
    "subtitles longer than the film in MP4": remuxed(BASE, "-i CLIP -i TEXT -map 0 -map 1 -c copy -c:s mov_text"),
    "twenty fonts": remuxed(BASE, "-i CLIP -c copy " + "-attach FONT " * 20
                            + "-metadata:s:t mimetype=application/x-truetype-font", container="mkv"),
    "joined TS": joined(clip_of("ts", sound="mp2"), numbered_on(clip_of("ts", sound="mp2"))),
    "joined TS of another time": joined(
        clip_of("ts", sound="mp2"), numbered_on(clip_of("ts", sound="mp2", start=F(1000)))),
    "joined TS that goes back": joined(
        clip_of("ts", sound="mp2", start=F(50)), numbered_on(clip_of("ts", sound="mp2", start=F(20)))),
    "the clock of a TS runs over": of("ts", "libx264", "mp2", start=LATE_CLOCK),
    "joined FLV": joined(*(
        clip_of("flv", "libx264", "pcm_s16le", voices=(Voice(rate=44_100),), first=first) for first in (0, 50, 100))),
    "joined WMV": joined(*(
        clip_of("wmv", "wmv2", "wmav2", voices=(Voice(rate=44_100),), first=first) for first in (0, 50))),
    "joined MP4": joined(clip_of(), numbered_on(clip_of())),
    "joined pieces of MP4": joined(*(clip_of(sound="flac", muxing=PIECES, first=first) for first in (0, 50, 100))),
    "joined pieces of MP4 with edits": joined(*(
        clip_of(options={"preset": "veryfast", "bf": "3"}, muxing=EDITED_PIECES, first=first) for first in (0, 50))),
    "joined pieces of MP4 of unlike size and rate": joined(
        clip_of(sound="flac", muxing=PIECES, forms=(Form(width=192, height=108),)),
        clip_of(sound="flac", muxing=PIECES, first=50, rate=F(30), voices=(Voice(rate=44_100),))),
    "the clock of pieces begins again": begun_again(clip_of(sound="flac", muxing=PIECES)),
    "pieces of one frame": remuxed(
        BASE, "-i CLIP -c copy -movflags frag_every_frame+delay_moov+negative_cts_offsets"),
    **{f"stamps of sound tremble: {name}": remuxed(
        clip_of(*coding, seconds=F(4)), f"-i CLIP -c copy -bsf:a setts=ts=TS+round(({slip})/TB)", container=coding[0])
       for name, coding, slip in (
        ("AAC in turns", ("mkv", "libx264", "aac"), r".042*mod(N\,2)"),
        ("FLAC in turns", ("mkv", "libx264", "flac"), r".042*mod(N\,2)"),
        ("Opus by threes", ("webm", "libvpx", "libopus"), r".042*(lt(mod(N\,6)\,3)*2-1)"),
        ("FLAC at random", ("mkv", "libx264", "flac"), ".042*(random(1)*2-1)"),
        ("MP3 now and then", ("mkv", "libx264", "libmp3lame"), r".06*lt(mod(N\,20)\,2)"))},
    "foreign bytes before a TS": lambda folder: _in_front(bytes(100), folder),
}  # fmt: skip
SHORT = (
    "plain libx264 in mp4", "plain libx264 in flv", "plain mpeg4 in avi", "plain wmv2 in wmv", "plain theora in ogv",
    "1 frames a second", "23.976 frames a second", "120 frames a second", "longer than a segment at 29.97",
    "uneven in MKV", "uneven over a segment", "a hole in the picture", "the first frame of an AVI is held",
    "smaller in VP8", "narrower in mid-stream", "wider pixels in MPEG-2", "smaller after half a second",
    "B-frames in AVI: two", "B-frames in AVI: MPEG-4",
    "odd sizes in WebM", "very wide, with five rungs", "pixels that are not square",
    "turned by a quarter", "colours: bt709-full", "colours: bt2020", "colours: hlg-full", "colours: unnamed",
    "colours: named late", "5.1", "two mono tracks", "2.0 to 5.1", "48 kHz to 44.1 kHz", "sound ends early",
    "picture starts late", "a gap in sound in MKV", "a gap in AAC in FLV", "commentary first", "a thumbnail first",
    "a cover first", "subtitles longer than the film", "twenty fonts", "joined TS", "joined FLV", "joined WMV",
    "joined pieces of MP4",
    "joined pieces of MP4 of unlike size and rate", "the clock of pieces begins again", "pieces of one frame",
    "stamps of sound tremble: AAC in turns", "stamps of sound tremble: FLAC at random", "the clock of a TS runs over",
    "foreign bytes before a TS",
)  # fmt: skip

NOT_AS_STORED = frozenset(
    {name for name in CASES if "colours: " in name and ("pq" in name or "hlg" in name or "2020" in name)}
    | {name for name in CASES if "commentary" in name and "second" not in name}
    | {
        name
        for name in CASES
        if "joined" in name
        or "B-frames in" in name
        or "runs over" in name
        or "begins again" in name
        or "tremble" in name
        or name in {"a thumbnail first", "turned by a quarter", "odd sizes on their side"}
    }
)
"""Clips that a plain decoder shows otherwise than a player should: other light, another track, a clock that jumps."""


def _in_front(foreign: bytes, folder: Path) -> Made:
    clip = clip_of("ts", "libx264", "mp2")
    made = make(clip, folder / "part.ts")
    target = folder / "clip.ts"
    target.write_bytes(foreign + made.read_bytes())
    return target, truth_of(clip)


def combined(seed: int) -> Maker:
    """Return a maker of a clip that differs from a plain one in several ways at once."""
    chance = Random(f"marked {seed}")  # noqa: S311  # no secret
    coding = chance.choice(CODINGS)
    rate = chance.choice([rate for rate in coding.rates or RATES if coding.container != "avi" or rate >= 5])
    seconds = F(chance.choice([1, 2, 3, 5])) if rate >= 5 else F(4)
    uneven = coding.uneven and chance.random() < 0.3 and not coding.rates
    times = uneven_times(seed, seconds=int(seconds)) if uneven else steady(rate, seconds)
    colour = COLOURS[chance.choice(["bt709", "bt601", "unnamed", "bt709-full"])]
    if coding.picture == "mjpeg":
        colour = Colour(full=True)
    named = coding.picture in {"libx264", "libx265", "ffv1", "mjpeg"}
    colour = colour if named else Colour(named=False)
    form = Form(
        width=chance.choice([256, 192]), height=144, colour=colour,
        format="yuvj420p" if coding.picture == "mjpeg" else "yuv420p",
    )  # fmt: skip
    forms = (
        (form, replace(form, width=form.width // 2, height=72))
        if _may_change(coding) and chance.random() < 0.3
        else (form,)
    )
    layout = chance.choice(
        ["mono", "stereo", "stereo", *(["5.1"] if coding.sound in {"aac", "ac3", "flac", "libopus"} else [])]
    )
    length = times[1]
    gap = (
        ((length * 2 / 5, length * 3 / 5),)
        if coding.container in {"mkv", "ts", "webm"} and chance.random() < 0.3
        else ()
    )
    clip = clip_of(
        coding.container, coding.picture, chance.choice([coding.sound, coding.sound, coding.sound, None]),
        forms=forms, **({"times": times} if uneven else {"rate": rate, "seconds": seconds}), gaps=gap,
        voices=(Voice(layout=layout, rate=coding.sound_rate),),
    )  # fmt: skip
    return just(clip)


def _may_change(coding: Coding) -> bool:
    return (coding.container, coding.picture) in {("webm", "libvpx"), ("webm", "libvpx-vp9"), ("ts", "libx264")}
