"""Publication of stored tracks: the rows from which playlists are generated."""

from collections.abc import Iterable
from fractions import Fraction

from efir.application.processing.publishing import StoredTrack
from efir.domain.videos.hls import target_duration
from efir.domain.videos.video import Video
from efir.ports.transactions import Transaction
from efir.ports.videos.renditions import NewRendition, NewSegment

NOTICEABLY = Fraction(101, 100)


async def publish_track(
    tx: Transaction,
    video: Video,
    stored: StoredTrack,
    *,
    target: int,
    temporary: bool = False,
    growing: bool = False,
    complete: bool = True,
) -> None:
    """Make a track visible to players; a `growing` playlist starts before all segments exist and ends with `complete`.

    `target` is the target duration, in seconds, of all playlists that are listed together.
    """
    about = stored.about
    rendition = await tx.renditions.put(
        video.id,
        video.generation,
        NewRendition(
            name=about.name, kind=about.kind, codecs=about.codecs, timescale=about.timescale,
            init_key=stored.init.key, init_size=stored.init.size, init_sha256=stored.init.sha256, width=about.width,
            height=about.height, frame_rate=frame_rate(stored), temporary=temporary, channels=about.channels,
            target_duration=target, growing=growing,
        ),
    )  # fmt: skip
    await tx.renditions.add_segments(
        rendition,
        [
            NewSegment(
                ordinal=segment.ordinal, start_ticks=segment.start_ticks, ticks=segment.ticks, key=segment.file.key,
                size=segment.file.size, sha256=segment.file.sha256,
            )
            for segment in stored.segments
        ],
    )  # fmt: skip
    await tx.renditions.finish(rendition, complete=complete)


def target_of(tracks: Iterable[StoredTrack]) -> int:
    """Return the target duration, in seconds, of complete tracks that are listed together."""
    return target_duration(
        Fraction(segment.ticks, track.about.timescale) for track in tracks for segment in track.segments
    )


def frame_rate(stored: StoredTrack) -> str:
    """Return the highest frame rate of a picture with three decimals (RFC 8216 §4.3.4.2); empty for sound.

    A copied source of varying rate is faster in some segments than on average. Short ones prove nothing, and clocks
    with a resolution of a millisecond round.
    """
    about = stored.about
    if not about.rate_num:
        return ""
    mean = Fraction(about.rate_num, about.rate_den)
    telling = [segment for segment in stored.segments if segment.ticks >= about.timescale]
    highest = max((Fraction(segment.frames * about.timescale, segment.ticks) for segment in telling), default=mean)
    return f"{float(highest if highest > mean * NOTICEABLY else mean):.3f}"
