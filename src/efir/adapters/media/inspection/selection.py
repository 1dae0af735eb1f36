"""Which tracks a player would take: the picture that is the film, and the sound that goes with it."""

import re
from collections.abc import Collection, Sequence
from typing import Any

from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from efir.domain.processing.source_facts import AUDIO_CODECS, VIDEO_CODECS

MAX_CANDIDATES = 8
NO_FILM = (
    Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image | Disposition.dependent
    | Disposition.metadata
)  # fmt: skip
OTHER_SOUND = (
    Disposition.comment | Disposition.visual_impaired | Disposition.descriptions | Disposition.karaoke
    | Disposition.clean_effects | Disposition.non_diegetic | Disposition.dependent
)  # fmt: skip
COMMENTARY = re.compile(r"comment|коммент|descri(ptive|ption)|тифло", re.IGNORECASE)
LOCKED = frozenset({"encv", "enca", "drmi", "drms"})
STREAM = re.compile(r"  Stream #0:(\d+)")
SIDES = ("1 channels (FL)", "1 channels (FR)")


def pictures(container: InputContainer, disabled: Collection[int] = ()) -> list[Any]:
    """Return the video streams from the likeliest to be the film: covers and thumbnails are none.

    Tracks that the header calls `disabled` are for want of others.
    """
    films = [stream for stream in container.streams.video if not stream.disposition & NO_FILM]
    return sorted(films, key=lambda stream: (stream.index in disabled, *_picture_rank(stream)))[:MAX_CANDIDATES]


def sounds(container: InputContainer, disabled: Collection[int] = ()) -> list[Any]:
    """Return the audio streams from the one that a player would take."""
    heard = container.streams.audio
    return sorted(heard, key=lambda stream: (stream.index in disabled, *_sound_rank(stream)))[:MAX_CANDIDATES]


def stereo_pair(chosen: Any, others: Sequence[Any]) -> list[Any]:
    """Return the chosen sound, with the other side of it where cameras record left and right as tracks of their own."""
    side = layout_of(chosen)
    if side not in SIDES:
        return [chosen]
    wanted = SIDES[1 - SIDES.index(side)]
    twins = [other for other in others if layout_of(other) == wanted and codec_of(other) == codec_of(chosen)]
    return sorted([chosen, *twins[:1]], key=lambda stream: SIDES.index(layout_of(stream)))


def can_open(stream: Any) -> bool:
    """Tell whether a decoder accepts what the header says of a track: values of a damaged one are missing or wrong."""
    try:
        stream.codec_context.open(strict=False)
    except (FFmpegError, ValueError, AttributeError):
        return False
    return True


def programs(description: str) -> dict[int, str]:
    """Return the program that each stream belongs to, from a container's description: several share a broadcast."""
    found: dict[int, str] = {}
    program = ""
    for line in description.splitlines():
        if line.startswith(("  Program ", "  No Program")):
            program = line.strip()
        elif stream := STREAM.match(line):
            found[int(stream[1])] = program
    return found


def codec_of(stream: Any) -> str:
    """Return the name of a stream's codec, empty where no decoder is known."""
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else ""


def layout_of(stream: Any) -> str:
    """Return the name of an audio stream's channel layout, such as `5.1`, `ambisonic 1` or `6 channels`."""
    context = stream.codec_context
    return context.layout.name if context is not None and context.channels else ""


def speakers_of(stream: Any) -> list[str]:
    """Return the names of an audio stream's speakers, such as `FL`; none where some have no name."""
    context = stream.codec_context
    names = [channel.name for channel in context.layout.channels] if context is not None and context.channels else []
    return [] if "NONE" in names or is_spatial(layout_of(stream)) else names


def is_locked(stream: Any) -> bool:
    """Tell a track that its container calls encrypted (ISO 23001-7, FairPlay, WebM)."""
    return "enc_key_id" in stream.metadata or _tag(stream) in LOCKED


def _tag(stream: Any) -> str:
    """Return the container's own name of a codec; one that is no text (as in AVI) is none that we look for."""
    try:
        return str(stream.codec_context.codec_tag)
    except (AttributeError, UnicodeDecodeError):
        return ""


def is_spatial(layout: str) -> bool:
    """Tell layouts that name a sound field and no speakers."""
    return layout.startswith("ambisonic")


def _picture_rank(stream: Any) -> tuple[bool, bool, bool, int]:
    return (
        codec_of(stream) not in VIDEO_CODECS,
        stream.frames == 1,
        not stream.disposition & Disposition.default,
        stream.index,
    )


def _sound_rank(stream: Any) -> tuple[bool, bool, bool, bool, bool, int]:
    layout = layout_of(stream)
    title = stream.metadata.get("title", "") + stream.metadata.get("handler_name", "")
    return (
        codec_of(stream) not in AUDIO_CODECS or not layout,
        is_spatial(layout),
        bool(stream.disposition & OTHER_SOUND) or bool(COMMENTARY.search(title)),
        bool(stream.disposition & Disposition.hearing_impaired),
        not stream.disposition & Disposition.default,
        stream.index,
    )
