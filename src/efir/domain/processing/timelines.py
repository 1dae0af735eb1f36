"""Checks that the segments of a rendition fit together, by their numbers alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from efir.domain.processing.ladder import Plan
from efir.domain.processing.source_facts import RenditionDamaged, VideoFacts

START_SECONDS = Fraction(1, 40)
END_SECONDS = Fraction(1, 10)
REORDERED = 2  # pictures of unlike lengths, by which decoding may be ahead of showing


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One segment on its track's clock."""

    ordinal: int
    start_ticks: int
    ticks: int
    frames: int
    independent: bool


def check_rung(plan: Plan, name: str, cuts: Sequence[Cut], timescale: int, *, first: int = 0, end: int = -1) -> None:
    """Check segments of a rung that cover the frames [first, end) of the plan: all there, each on its place.

    Since every rung is held against the same plan, equal boundaries in all rungs follow. Raises RenditionDamaged.
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
    """Check that sound runs without a gap and starts and ends with the picture. Raises RenditionDamaged."""
    check_run(name, cuts)
    start = Fraction(cuts[0].start_ticks, timescale)
    end = Fraction(cuts[-1].start_ticks + cuts[-1].ticks, timescale)
    if start > START_SECONDS:
        raise RenditionDamaged(f"sound starts {float(start):.3f} s late", track=name)
    if abs(end - plan.seconds) > END_SECONDS:
        raise RenditionDamaged(f"sound ends {float(end - plan.seconds):+.3f} s from the picture", track=name)


def check_run(name: str, cuts: Sequence[Cut]) -> None:
    """Check that segments follow one another without a gap, whatever their lengths. Raises RenditionDamaged."""
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
    """Check that a copied picture lasts as long as the source's. Raises RenditionDamaged.

    Where times of decoding had to be guessed from wrong lengths it lasts longer, whenever its pictures are shown.
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
