"""Rules for the packets of published tracks: each returns what is wrong, in words; nothing wrong is an empty list."""

import re
import struct
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import ceil
from uuid import UUID

from efir.application.videos import playlists
from efir.domain.processing.ladder import Plan, Rung, planned_target_duration
from efir.domain.videos.hls import bit_rates, target_duration
from efir.ports.processing.media import Track
from efir.ports.videos.renditions import RenditionFacts, SegmentFacts
from kit.media.fragments import (
    Header,
    ParameterSet,
    Sample,
    read_header,
    read_parameter_set,
    read_samples,
    read_starts,
    units,
)

SLICES, IDR, PARAMETERS = range(1, 6), 5, 7
AAC_FRAME = 1024
START_SECONDS, COPIED_START_SECONDS, END_SECONDS = Fraction(20, 1000), Fraction(25, 1000), Fraction(1, 10)
LC, MPEG4_AUDIO = 2, 0x40


class Read:
    """A track as its bytes tell it."""

    def __init__(self, track: Track) -> None:
        self.track = track
        self.header: Header = read_header(track.init.path.read_bytes())
        self.files = [segment.file.path.read_bytes() for segment in track.segments]
        self.segments: list[list[Sample]] = [read_samples(data, self.header) for data in self.files]

    @property
    def samples(self) -> list[Sample]:
        """All samples in order."""
        return [sample for segment in self.segments for sample in segment]

    @property
    def parameters(self) -> list[ParameterSet]:
        """Every parameter set of the track: of the init file, and those that stand between the pictures."""
        inside = [
            unit for sample in self.samples for unit in units(sample.data, (self.header.setup[4] & 3) + 1)
            if unit[0] & 31 == PARAMETERS
        ]  # fmt: skip
        return [read_parameter_set(unit) for unit in dict.fromkeys([*self.header.parameter_sets, *inside])]

    @property
    def boundaries(self) -> list[Fraction]:
        """Start of each segment in seconds, and the end of the last."""
        last = self.segments[-1][-1]
        starts = [segment[0].decoded for segment in self.segments]
        return [Fraction(tick, self.header.timescale) for tick in (*starts, last.decoded + last.ticks)]


def judge_video(track: Track, plan: Plan, rung: Rung) -> list[str]:
    """Judge an encoded rung."""
    read = Read(track)
    found = [*_order(read), *_pictures(read), *_described(read)]
    frame = Fraction(read.header.timescale) / plan.rate
    samples = read.samples
    if len(samples) != plan.frames:
        found.append(f"{len(samples)} frames, {plan.frames} planned")
    shown = sorted(sample.shown for sample in samples)
    if shown != [round(place * frame) for place in range(len(shown))]:
        found.append("frames are not shown one after another at the planned rate from zero")
    for number, segment in enumerate(read.segments):
        if min(sample.shown for sample in segment) != segment[0].decoded:
            found.append(f"segment {number} does not begin where its first picture is shown")
        if number * plan.segment * frame != segment[0].decoded:
            found.append(f"segment {number} begins at {segment[0].decoded}, not at a multiple of the planned length")
    if (track.width, track.height) != (rung.width, rung.height):
        found.append(f"{track.width}x{track.height} instead of {rung.width}x{rung.height}")
    levels = {parameters.level for parameters in read.parameters}
    if not levels <= set(range(round(float(rung.level) * 10) + 1)):
        found.append(f"level {levels} above that of the row, {rung.level}")
    for parameters in read.parameters:
        found += _plain_picture(parameters)
    return found


def judge_copy(track: Track) -> list[str]:
    """Judge a copied picture: any rate, any length of segments, colours as they were."""
    read = Read(track)
    found = [*_order(read), *_pictures(read), *_described(read)]
    first = min(sample.shown for sample in read.samples)
    if not 0 <= Fraction(first, read.header.timescale) <= Fraction(1, 10):
        found.append(f"the first picture is shown at {float(Fraction(first, read.header.timescale)):+.3f} s")
    for number, (segment, following) in enumerate(pairwise(read.segments)):
        latest = max(sample.shown for sample in segment)
        if latest >= min(sample.shown for sample in following):
            found.append(f"pictures of segment {number} are shown after the start of the next")
    return found


def judge_audio(track: Track, *, copied: bool = False) -> list[str]:
    """Judge sound; the packets of a copy may be told as coarsely as its source tells them, but not drift."""
    read = Read(track)
    found = _order(read)
    header = read.header
    if header.entry.kind != "mp4a" or header.audio_object != (MPEG4_AUDIO, LC):
        found.append("not AAC-LC")
    if track.codecs != "mp4a.40.2":
        found.append(f"CODECS {track.codecs}")
    if track.channels not in {1, 2} or track.channels != header.channels:
        found.append(f"{header.channels} channels, told as {track.channels}")
    if (track.sample_rate, header.timescale) not in {(44_100, 44_100), (48_000, 48_000)}:
        found.append(f"{track.sample_rate} samples a second on a clock of {header.timescale}")
    samples = read.samples
    slack = header.timescale // 300 if copied else 0
    drift = [sample.decoded - samples[0].decoded - AAC_FRAME * place for place, sample in enumerate(samples)]
    if max(map(abs, drift)) > slack or not 0 < samples[-1].ticks <= AAC_FRAME + slack:
        found.append(f"packets stand {min(drift)} to {max(drift)} samples from where they would follow one another")
    if any(sample.shown != sample.decoded for sample in samples):
        found.append("sound is shown at another time than it is decoded")
    return found


def judge_beside(video: Track, audio: Track, *, grid: bool) -> list[str]:
    """Judge that sound starts and ends with the picture; on the `grid` it is cut where the picture is cut, too."""
    picture, sound = Read(video), Read(audio)
    starts = Fraction(min(sample.shown for sample in picture.samples), picture.header.timescale), sound.boundaries[0]
    ends = picture.boundaries[-1], sound.boundaries[-1]
    found = []
    if abs(starts[0] - starts[1]) > (START_SECONDS if grid else COPIED_START_SECONDS):
        found.append(f"sound starts {float(starts[1] - starts[0]):+.3f} s from the picture")
    if abs(ends[0] - ends[1]) > END_SECONDS:
        found.append(f"sound ends {float(ends[1] - ends[0]):+.3f} s from the picture")
    if grid:
        slack = Fraction(AAC_FRAME, audio.sample_rate)
        if len(picture.boundaries) != len(sound.boundaries):
            found.append(f"{len(sound.segments)} segments of sound beside {len(picture.segments)} of the picture")
        off = [abs(one - other) for one, other in zip(picture.boundaries, sound.boundaries, strict=False)][:-1]
        if off and max(off) > slack:
            found.append(f"sound is cut {float(max(off)) * 1000:.1f} ms from the picture")
    return found


def judge_rungs(tracks: Sequence[Track]) -> list[str]:
    """Judge that all rungs are cut at the same times."""
    boundaries = [Read(track).boundaries for track in tracks]
    return [f"{track.name} is cut elsewhere than {tracks[0].name}"
            for track, cut in zip(tracks, boundaries, strict=True) if cut != boundaries[0]]  # fmt: skip


def judge_playlists(tracks: Sequence[Track]) -> list[str]:
    """Judge what the playlists of complete tracks say against the bytes."""
    target = target_duration(length for track in tracks for length in _lengths(Read(track)))
    rows = [_row(track, target) for track in tracks]
    sound = sum(_peak(track, target) for track in tracks if track.kind == "audio")
    lines = playlists.master(rows).splitlines()
    found = []
    for row, track in zip(rows, tracks, strict=True):
        if track.kind == "video":
            line = next(line for line in lines if f"RESOLUTION={track.width}x{track.height}" in line)
            setup = read_header(track.init.path.read_bytes()).setup
            told = int(re.findall(r"[:,]BANDWIDTH=(\d+)", line)[0])
            true = _peak(track, target) + sound
            if f"avc1.{setup[1:4].hex()}" not in line or not true - 2 <= told <= true + 2:
                found.append(f"{track.name}: {line}, {true} bits a second are there")
        segments = [
            SegmentFacts(cut.ordinal, cut.start_ticks, cut.ticks, f"{cut.ordinal}.m4s", cut.file.size, cut.file.sha256)
            for cut in track.segments
        ]
        found += [f"{track.name}: {fault}" for fault in _media(playlists.media(row, segments), Read(track))]
    return found


def judge_planned(tracks: Sequence[Track], plan: Plan) -> list[str]:
    """Judge that the target duration told before all segments are made holds for all of them."""
    longest = max(length for track in tracks for length in _lengths(Read(track)))
    target = planned_target_duration(plan)
    return [] if round(longest) <= target else [f"a segment of {float(longest)} s above the target of {target} s"]


def _lengths(read: Read) -> list[Fraction]:
    return [later - earlier for earlier, later in pairwise(read.boundaries)]


def _peak(track: Track, target: int) -> int:
    """Bits a second of the fastest run of segments of half to one and a half target durations (RFC 8216, 4.1)."""
    read = Read(track)
    sizes, lengths = [len(data) for data in read.files], _lengths(read)
    runs = [
        (sum(sizes[first:end]), sum(lengths[first:end], Fraction(0)))
        for first in range(len(sizes)) for end in range(first + 1, min(len(sizes), first + 40) + 1)
    ]  # fmt: skip
    rates = [8 * size / length for size, length in runs if target <= 2 * length <= 3 * target]
    return ceil(max([*rates, Fraction(8 * sum(sizes)) / sum(lengths)]))


def _media(text: str, read: Read) -> list[str]:
    (target,) = (int(value) for value in re.findall(r"#EXT-X-TARGETDURATION:(\d+)", text))
    lengths = [float(value) for value in re.findall(r"#EXTINF:([0-9.]+),", text)]
    true = [float(length) for length in _lengths(read)]
    found = []
    if len(lengths) != len(true) or any(abs(one - other) > 1e-5 for one, other in zip(lengths, true, strict=False)):
        found.append(f"lengths {lengths} are told, {true} are there")
    if any(round(length) > target for length in lengths):
        found.append(f"a segment of {max(lengths)} s above the target of {target} s")
    return found


def _row(track: Track, target: int) -> RenditionFacts:
    sizes, ticks = [cut.file.size for cut in track.segments], [cut.ticks for cut in track.segments]
    peak, mean = bit_rates(sizes, ticks, track.timescale, target)
    rate = f"{track.rate_num / track.rate_den:.3f}" if track.rate_num else ""
    return RenditionFacts(
        UUID(int=0), track.name, track.kind, track.codecs, track.width, track.height, rate, track.timescale, "init.mp4",
        temporary=False, listed=True, complete=True, bandwidth=peak, average_bandwidth=mean, channels=track.channels,
        target_duration=target, growing=False,
    )  # fmt: skip


def _order(read: Read) -> list[str]:
    """Rules of every track: no gap in decode time, what is told about a segment is what is there, no edit list."""
    found = []
    if list(read.header.root.all("moov/trak/edts")):
        found.append("an edit list")
    clock = read.segments[0][0].decoded
    for number, (told, segment, data) in enumerate(zip(read.track.segments, read.segments, read.files, strict=True)):
        if told.ordinal != number:
            found.append(f"segment {number} is called {told.ordinal}")
        if segment[0].decoded != clock:
            found.append(f"segment {number} is decoded from {segment[0].decoded}, its forerunner ends at {clock}")
        clock = segment[-1].decoded + segment[-1].ticks
        if read_starts(data)[0] != told.start_ticks or clock - segment[0].decoded != told.ticks:
            found.append(f"segment {number} is told as {told.start_ticks}+{told.ticks}")
        if len(segment) != told.frames:
            found.append(f"segment {number} has {len(segment)} samples, {told.frames} are told")
        runs = read_starts(data)
        if runs != sorted(runs):
            found.append(f"fragments of segment {number} go back in time")
    if any(sample.ticks <= 0 for sample in read.samples):
        found.append("a sample without length")
    return found


def _pictures(read: Read) -> list[str]:
    """Rules of H.264: each segment starts with an IDR picture, nothing is shown before it."""
    found = []
    length = (read.header.setup[4] & 3) + 1
    for number, segment in enumerate(read.segments):
        kinds = [unit[0] & 31 for unit in units(segment[0].data, length)]
        slices = [kind for kind in kinds if kind in SLICES]
        if not slices or set(slices) != {IDR}:
            found.append(f"segment {number} starts with slices of kind {slices}, not with an IDR picture")
        if not segment[0].sync:
            found.append(f"segment {number} starts with a sample that is told to be no sync sample")
        if any(sample.shown < segment[0].shown for sample in segment):
            found.append(f"a picture of segment {number} is shown before its first")
        told = [sample for sample in segment if sample.sync and not _is_idr(sample, length)]
        if told:
            found.append(f"segment {number} calls {len(told)} pictures sync samples that are no IDR pictures")
    shown = [sample.shown for sample in read.samples]
    if len(set(shown)) != len(shown):
        found.append("two pictures are shown at the same time")
    return found


def _is_idr(sample: Sample, length: int) -> bool:
    return any(unit[0] & 31 == IDR for unit in units(sample.data, length))


def _described(read: Read) -> list[str]:
    """Rules of the init file of a picture: codec string, profile, level and size are those of the parameter sets."""
    header, track = read.header, read.track
    setup, found = header.setup, []
    if track.codecs != f"avc1.{setup[1:4].hex()}":
        found.append(f"CODECS {track.codecs} beside avcC {setup[1:4].hex()}")
    for parameters in read.parameters:
        if bytes((parameters.profile, parameters.constraints, parameters.level)) != setup[1:4]:
            found.append("a parameter set of another profile or level than avcC tells")
        if (parameters.width, parameters.height) != header.size or header.size != (track.width, track.height):
            size = f"{parameters.width}x{parameters.height}"
            found.append(f"coded {size}, described {header.size}, told {(track.width, track.height)}")
        if parameters.shape not in {None, (1, 1)}:
            found.append(f"pixels of {parameters.shape}")
    shapes = [struct.unpack(">II", box.body) for box in header.entry.all("pasp")]
    return found + [f"pixels of {shape} in pasp" for shape in shapes if len(set(shape)) != 1]


def _plain_picture(parameters: ParameterSet) -> list[str]:
    """Rules for what we encode: square pixels and colours are said in so many words, in limited range."""
    found = []
    if parameters.shape != (1, 1):
        found.append(f"the shape of pixels is told as {parameters.shape}")
    if parameters.full is not False:
        found.append(f"full range is told as {parameters.full}")
    if parameters.colour is None or not all(code in {1, 5, 6} for code in parameters.colour):
        found.append(f"colours are told as {parameters.colour}")
    return found
