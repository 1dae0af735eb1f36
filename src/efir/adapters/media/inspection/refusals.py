"""What a look into a file found amiss, in words for the person who sent it."""

from typing import Any

from efir.domain.kernel.limits import Limits
from efir.domain.processing import source_facts as media
from efir.domain.videos.video import MediaRefused

CODES: dict[str, type[MediaRefused]] = {
    kind.code: kind
    for kind in (
        media.MediaUnreadable,
        media.MediaNoVideo,
        media.MediaAudioOnly,
        media.MediaCodecRefused,
        media.MediaCodecChanges,
        media.MediaEncrypted,
        media.MediaPartsUnlike,
    )
}
DOLBY_VISION = (
    "The colours of this video are coded in a form of Dolby Vision that we cannot convert. "
    "Export it as HDR10, HLG or SDR and send it again."
)
SOUND_CODEC = "The sound of this video is coded in a format we cannot read. Convert it to AAC and send the video again."
LOST_PICTURE = "The picture of this video cannot be read: its track is damaged. Copy the file again from its source."
UNKNOWN_PICTURE = (
    "The picture of this video is in a format that is not known here, or its header is damaged. "
    "If it plays, convert it to H.264; if not, copy it again from its source."
)
UNSUPPORTED = "The file is of a rare kind that cannot be read here. Save it anew as MP4 and send that."
CASES = {
    "lost-picture": media.MediaUnreadable(LOST_PICTURE),
    "unknown-picture": media.MediaCodecRefused(UNKNOWN_PICTURE),
    "unsupported": MediaRefused(UNSUPPORTED),
}


def refusal(found: dict[str, Any]) -> MediaRefused:
    """Return what to raise for a look that ended in a refusal."""
    name = found["refused"]
    return CASES[name] if name in CASES else CODES[name]()


def check_clock(found: dict[str, Any], duration: float, limits: Limits) -> None:
    """Tell a file that only its time stamps make too long from one that is. Raises MediaUnreadable."""
    if found["covered"] <= limits.source_seconds < duration:
        raise media.MediaUnreadable(
            f"The file is damaged: its clock leaps ahead by hours, though it holds only {_spell(found['covered'])}. "
            "Copy it again from its source, or save it anew as MP4."
        )


def _spell(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"  # noqa: PLR2004  # less tells nothing more
