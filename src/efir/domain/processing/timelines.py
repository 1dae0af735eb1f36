"""Checks of the timeline of a rendition: segments must fit together, judged by their numbers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from efir.domain.processing.ladder import Plan
from efir.domain.processing.source_facts import RenditionDamaged, VideoFacts

START_SECONDS = Fraction(1, 40)
END_SECONDS = Fraction(1, 10)
REORDERED = 2  # frames of different durations by which decoding may be ahead of display


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One segment, in the timescale of its track."""

    ordinal: int
    start_ticks: int
    ticks: int
    frames: int
    independent: bool


def check_rung(plan: Plan, name: str, cuts: Sequence[Cut], timescale: int, *, first: int = 0, end: int = -1) -> None:
    """Check that segments of a rung cover the frames [first, end) of the plan: all present, each in its place.

    Since every rung is checked against the same plan, boundaries are equal in all rungs. Raises RenditionDamaged.
    """
    end = plan.frames if end < 0 else end
    frame_ticks = Fraction(timescale) / plan.rate
    expected = range(first // plan.segment, -(-end // plan.segment))
    _require_all(name, cuts, expected)
    for cut in cuts:
        begins = cut.ordinal * plan.segment
        frames = min(begins + plan.segment, end) - begins
        if cut.frames != frames:
            raise RenditionDamaged(f"{cut.frames} frames instead of {frames}", track=name, ordinal=cut.ordinal)
        if cut.start_ticks != begins * frame_ticks or cut.ticks != frames * frame_ticks:
            raise RenditionDamaged("not at its place in time", track=name, ordinal=cut.ordinal)
        if not cut.independent:
            raise RenditionDamaged("does not start with a key frame", track=name, ordinal=cut.ordinal)


def check_sound(plan: Plan, name: str, cuts: Sequence[Cut], timescale: int) -> None:
    """Check that audio has no gaps and starts and ends with the video. Raises RenditionDamaged."""
    check_run(name, cuts)
    start = Fraction(cuts[0].start_ticks, timescale)
    end = Fraction(cuts[-1].start_ticks + cuts[-1].ticks, timescale)
    if start > START_SECONDS:
        raise RenditionDamaged(f"sound starts {float(start):.3f} s late", track=name)
    if abs(end - plan.seconds) > END_SECONDS:
        raise RenditionDamaged(f"sound ends {float(end - plan.seconds):+.3f} s from the picture", track=name)


def check_run(name: str, cuts: Sequence[Cut]) -> None:
    """Check that segments follow one another without gaps, whatever their durations. Raises RenditionDamaged."""
    _require_all(name, cuts, range(max(1, len(cuts))))
    for earlier, later in pairwise(cuts):
        if later.start_ticks != earlier.start_ticks + earlier.ticks:
            raise RenditionDamaged("not at its place in time", track=name, ordinal=later.ordinal)
    for cut in cuts:
        if not cut.frames:
            raise RenditionDamaged("empty", track=name, ordinal=cut.ordinal)
    if not cuts[0].independent:
        raise RenditionDamaged("does not start with a key frame", track=name, ordinal=0)


def check_copy(video: VideoFacts, name: str, cuts: Sequence[Cut], timescale: int) -> None:
    """Check that copied video has the duration of the source. Raises RenditionDamaged.

    Where decoding times had to be estimated from wrong durations, it lasts longer, whatever its display times.
    """
    check_run(name, cuts)
    off = float(Fraction(cuts[-1].start_ticks + cuts[-1].ticks, timescale)) - video.end
    if abs(off) > float(END_SECONDS) + REORDERED * video.longest_frame:
        raise RenditionDamaged(f"ends {off:+.3f} s from the source", track=name)


def _require_all(name: str, cuts: Sequence[Cut], expected: range) -> None:
    found = [cut.ordinal for cut in cuts]
    for ordinal in expected:
        if ordinal not in found:
            raise RenditionDamaged("missing", track=name, ordinal=ordinal)
    if found != list(expected):
        raise RenditionDamaged(f"segments out of order: {len(found)} instead of {len(expected)}", track=name)
