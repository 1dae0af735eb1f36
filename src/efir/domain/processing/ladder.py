"""The bitrate ladder: the renditions of a source, their frame grid, and the chunks in which they are encoded."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from efir.domain.processing.source_facts import AudioFacts, MediaFacts, VideoFacts
from efir.domain.videos.hls import target_duration

MAX_RATE = Fraction(60)
MIN_RATE = Fraction(10)
STANDARD_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
FAST_RATE = 30
GOPS_PER_SEGMENT = 2
GOPS_PER_CHUNK = 12
NEARLY = Fraction(9, 10)
TILE = 160
STILLS = 400
MIN_POSTERS, POSTERS = 8, 60
SEEKABLE = frozenset({"mov", "matroska", "mpegts"})
CHUNK_SPACING = 60.0
COPY_CONTAINERS = frozenset({"mov", "matroska", "mpegts", "flv"})
COPY_PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
COPY_LEVEL = 52
COPY_BITRATE = 20_000_000
COPY_SPACING = 30.0
COPY_RATES = frozenset({44_100, 48_000})
AAC_FRAME = 1024
HELD_SECONDS = 0.1
START_SECONDS = 0.02
END_SECONDS = 0.08

PACKET_SECONDS = Fraction(1024, 8000)
"""The longest audio packet, that of 8 kHz: audio is split at the first packet after the split of the video."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the ladder: bits per second and H.264 level, each for up to 30 frames per second and for more."""

    height: int
    bandwidth: int
    bandwidth_fast: int
    level: str
    level_fast: str


LADDER = (
    Row(height=2160, bandwidth=16_000_000, bandwidth_fast=24_000_000, level="5.1", level_fast="5.2"),
    Row(height=1440, bandwidth=9_000_000, bandwidth_fast=13_000_000, level="5.1", level_fast="5.2"),
    Row(height=1080, bandwidth=5_000_000, bandwidth_fast=7_500_000, level="4.0", level_fast="4.2"),
    Row(height=720, bandwidth=2_800_000, bandwidth_fast=4_200_000, level="3.1", level_fast="3.2"),
    Row(height=480, bandwidth=1_400_000, bandwidth_fast=2_000_000, level="3.1", level_fast="3.1"),
    Row(height=360, bandwidth=800_000, bandwidth_fast=1_100_000, level="3.0", level_fast="3.1"),
    Row(height=240, bandwidth=400_000, bandwidth_fast=550_000, level="2.1", level_fast="3.0"),
)
DEFAULT_TOP = 1080
SMALL = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One video rendition: even size, maximum bits per second, H.264 level; `name` is the ladder row (`720p`)."""

    name: str
    width: int
    height: int
    bandwidth: int
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan for encoding one source; all counts are frames at the output frame rate.

    Chunk k covers frames [k·chunk, (k+1)·chunk), limited to `frames`; rungs are sorted from largest to smallest.
    """

    rate_num: int
    rate_den: int
    gop: int
    chunk: int
    frames: int
    rungs: tuple[Rung, ...]
    audio: bool
    still_step: int
    still_width: int
    still_height: int
    poster_step: int

    @property
    def rate(self) -> Fraction:
        """Output frame rate in frames per second."""
        return Fraction(self.rate_num, self.rate_den)

    @property
    def segment(self) -> int:
        """Frames in one full segment."""
        return GOPS_PER_SEGMENT * self.gop

    @property
    def chunks(self) -> int:
        """Number of chunks, at least one."""
        return ceil(Fraction(self.frames, self.chunk))

    @property
    def segments(self) -> int:
        """Number of segments of each rung."""
        return ceil(Fraction(self.frames, self.segment))

    @property
    def seconds(self) -> Fraction:
        """Duration of each rung in seconds."""
        return self.frames / self.rate

    @property
    def first_rung(self) -> Rung:
        """The rung encoded first when the source cannot be copied: the largest with at most 360 lines."""
        small = [rung for rung in self.rungs if min(rung.width, rung.height) <= SMALL]
        return small[0] if small else self.rungs[-1]

    def span(self, ordinal: int) -> tuple[int, int]:
        """Return the first frame and the end frame (exclusive) of a chunk. Raises IndexError for a missing chunk."""
        if not 0 <= ordinal < self.chunks:
            raise IndexError(ordinal)
        return ordinal * self.chunk, min((ordinal + 1) * self.chunk, self.frames)

    def tiles(self, ordinal: int) -> range:
        """Return the frames of a chunk that become storyboard tiles; a short chunk may have none."""
        return _every(self.still_step, *self.span(ordinal))

    def posters(self, ordinal: int) -> range:
        """Return the frames of a chunk that may become posters; a short chunk may have none."""
        return _every(self.poster_step, *self.span(ordinal))

    def first_segment(self, ordinal: int) -> int:
        """Return the number of segments of the rendition before a chunk."""
        return self.span(ordinal)[0] // self.segment


def plan(facts: MediaFacts, *, top: int = DEFAULT_TOP) -> Plan:
    """Choose the frame rate, grid and rungs; `top` is the height of the tallest row allowed."""
    video = facts.video
    rate = output_rate(video)
    gop = max(1, round(2 * rate))
    frames = max(1, round(seconds_of(facts) * rate))
    grid = GOPS_PER_CHUNK * gop
    chunk = grid if can_chunk(facts) else grid * ceil(Fraction(frames, grid))
    width, height = fit(video.width, video.height, long=TILE, short=TILE)
    return Plan(
        rate_num=rate.numerator,
        rate_den=rate.denominator,
        gop=gop,
        chunk=chunk,
        frames=frames,
        rungs=rungs(video.width, video.height, rate, top=top),
        audio=facts.audio is not None,
        still_step=max(1, round(max(2 * rate, Fraction(frames, STILLS)))),
        still_width=width,
        still_height=height,
        poster_step=max(1, round(max(min(2 * rate, Fraction(frames, MIN_POSTERS)), Fraction(frames, POSTERS)))),
    )


def seconds_of(facts: MediaFacts) -> Fraction:
    """Return the duration of the source in seconds, exact to a microsecond."""
    return Fraction(facts.duration).limit_denominator(1_000_000)


def output_rate(video: VideoFacts) -> Fraction:
    """Return the output frame rate, from 10 to 60: the source's when constant, else the nearest standard rate.

    Rates out of this range are divided or multiplied by a whole number, so that no frame is shifted.
    """
    rate = video.rate
    if rate <= 0:
        return Fraction(25)
    if video.vfr or not _is_plain(rate):
        return min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    if rate > MAX_RATE:
        return rate / ceil(rate / MAX_RATE)
    if rate < MIN_RATE:
        return rate * ceil(MIN_RATE / rate)
    return rate


def can_chunk(facts: MediaFacts) -> bool:
    """Return whether the source can be encoded in chunks: it needs exact seeking and frequent keyframes.

    Where clocks jump, one time occurs at several places in the file, and a pipe does not support seeking.
    """
    return facts.container in SEEKABLE and facts.video.keyframe_spacing <= CHUNK_SPACING and not facts.is_piped


def rungs(width: int, height: int, rate: Fraction, *, top: int = DEFAULT_TOP) -> tuple[Rung, ...]:
    """Return the rungs for the rows of the ladder that the source fills, largest first.

    A row is a 16:9 box in the orientation of the picture; upright and very wide pictures keep their aspect ratio in it.
    A source up to a tenth smaller than a row uses that row at its own size; one below every row keeps its own size.
    """
    lowest = 240 if min(width, height) <= SMALL else SMALL
    rows = [row for row in LADDER if lowest <= row.height <= max(top, lowest)]
    fitting = [row for row in rows if _fills(width, height, row)] or rows[-1:]
    return tuple(_rung(width, height, row, fast=rate > FAST_RATE) for row in fitting)


def fit(width: int, height: int, *, long: int, short: int) -> tuple[int, int]:
    """Return the largest even size of the same shape inside a box laid along the picture; never larger than it."""
    scale = min(Fraction(1), Fraction(long, max(width, height)), Fraction(short, min(width, height)))
    return _round_to_even(width * scale, width), _round_to_even(height * scale, height)


def can_copy_video(facts: MediaFacts) -> bool:
    """Return whether the video can be copied: H.264 that every browser plays, upright, with frequent keyframes."""
    video = facts.video
    return (
        video.codec == "h264"
        and video.pix_fmt == "yuv420p"
        and video.profile in COPY_PROFILES
        and 0 < video.level <= COPY_LEVEL
        and facts.container in COPY_CONTAINERS
        and not (video.interlaced or video.rotation or video.hdr or video.alpha or facts.is_piped)
        and not (video.cropped or video.flipped or video.resized or video.mixed_colours or video.edited or video.delay)
        and video.square_pixels
        and 0 <= video.start <= START_SECONDS
        and facts.duration - video.end <= HELD_SECONDS  # the last frame need not be extended
        and video.keyframe_spacing <= COPY_SPACING
        and video.bitrate <= COPY_BITRATE
    )


def can_copy_audio(facts: MediaFacts) -> bool:
    """Return whether the audio can be copied: one AAC-LC track, at most stereo, without gaps, as long as the video."""
    audio = facts.audio
    if audio is None:
        return True
    return (
        audio.codec == "aac"
        and audio.profile == "LC"
        and audio.channels in {1, 2}
        and len(audio.tracks) == 1
        and not (audio.gaps or facts.is_piped)
        and audio.rate in COPY_RATES
        and _measure_copied_start(audio) <= START_SECONDS
        and abs(audio.start + audio.duration - float(plan(facts).seconds)) <= END_SECONDS
    )


def _measure_copied_start(audio: AudioFacts) -> float:
    """Return the start in seconds after copying, which drops packets before zero (priming): less than a packet late."""
    return audio.start if audio.start >= 0 else audio.start % (AAC_FRAME / audio.rate)


def _is_plain(rate: Fraction) -> bool:
    """Return whether a player's clock can represent a rate exactly: whole numbers, and those divided by 1.001."""
    return rate.denominator <= 1001 and rate.numerator <= 120_000  # noqa: PLR2004  # the limits of broadcast rates


def _fills(width: int, height: int, row: Row) -> bool:
    return max(width, height) >= NEARLY * _segment_length(row) or min(width, height) >= NEARLY * row.height


def _segment_length(row: Row) -> int:
    return _round_to_even(Fraction(row.height * 16, 9), row.height * 2)


def _rung(width: int, height: int, row: Row, *, fast: bool) -> Rung:
    wide, tall = fit(width, height, long=_segment_length(row), short=row.height)
    return Rung(
        name=f"{row.height}p",
        width=wide,
        height=tall,
        bandwidth=row.bandwidth_fast if fast else row.bandwidth,
        level=row.level_fast if fast else row.level,
    )


def _every(step: int, first: int, end: int) -> range:
    return range(first + -first % step, end, step)


def _round_to_even(value: Fraction, limit: int) -> int:
    near = 2 * round(value / 2)
    return max(2, near if near <= limit else near - 2)


def plan_target_duration(plan: Plan) -> int:
    """Return the final (§6.2.1) target duration, in seconds, of playlists published before all segments exist."""
    return target_duration([plan.segment / plan.rate + PACKET_SECONDS])
