"""Why a file could not become a video or a recording, in words for people, by code."""

from gettext import NullTranslations

from efir.drivers.web.kernel.i18n import mark as _

FAILURES = {
    "media-refused": _("This file cannot be used. Save it again as MP4 and send that."),
    "media-empty": _("The file is empty. Choose another one."),
    "media-format-refused": _(
        "This is not a video file we can read. Send MP4, MOV, MKV, WebM, AVI, MPEG, TS, FLV, WMV or Ogg."
    ),
    "media-unreadable": _(
        "The file is damaged or incomplete and cannot be read. Copy it again from its source, or save it again as MP4."
    ),
    "media-encrypted": _(
        "The video is encrypted (copy protection), so it cannot be shown here. Send a copy without protection."
    ),
    "media-no-video": _("The file has no video in it. Send one that has."),
    "media-audio-only": _("The file has sound but no picture. Send one with a picture."),
    "media-codec-refused": _(
        "The picture or the sound is coded in a format we cannot read. Save the video as MP4 with H.264 and AAC."
    ),
    "media-codec-changes": _(
        "The format of the picture or the sound changes in the middle of the file. Send its parts one by one."
    ),
    "media-sound-unreadable": _(
        "The sound of this video cannot be read. Send a copy with sound that plays, or without sound."
    ),
    "media-parts-unlike": _(
        "The file holds several recordings of different kinds, one after another. Send each in a file of its own."
    ),
    "media-too-long": _("The video is too long. Send it in parts."),
    "media-too-large": _("The picture of this video is too large. Save it with a smaller one."),
    "media-too-fast": _("The video has too many frames per second. Save it with fewer."),
    "media-too-many-streams": _("The file has too many video and audio tracks. Save it with one of each."),
    "media-too-heavy": _(
        "The file needs too much memory or time to be read. Save it again as MP4, or with a smaller picture."
    ),
    "source-missing": _("The uploaded file is no longer on the server. Upload it again."),
    "rendition-damaged": _(
        "What was made of the file did not pass its check. Try it again; if it keeps failing, tell the administrator."
    ),
    "media-work-stalled": _(
        "Processing made no progress and was stopped. Try again; if it keeps failing, tell the administrator."
    ),
    "sandbox-unavailable": _(
        "This server cannot open files safely at the moment; nothing is wrong with yours. Tell the administrator."
    ),
    "job-killed-workers": _(
        "Processing was broken off several times. Try it again; if it keeps failing, tell the administrator."
    ),
    "storage-full": _("The server has no space left. Tell the administrator."),
}
RECORDINGS = {
    "not-wav": _("This is not a WAV file. Other kinds of sound can be converted to WAV by most sound programs."),
    "wav-codec-unsupported": _("This WAV file uses a codec we cannot read. Save it as PCM."),
    "wav-malformed": _("The header of this WAV file is broken. Save it again."),
    "audio-empty": _("There is no sound in this file, or less than 20 milliseconds of it."),
    "audio-limits": _("This recording is too long, or has too many channels."),
    "audio-undecodable": _("This sound cannot be converted. Save it as 24-bit PCM and send it again."),
    "audio-edit-empty": _("Nothing would be left of this recording."),
    "audio-edit-outside": _("The edit goes beyond the recording: choose other times."),
    "audio-gain-too-high": _("This gain would distort the recording. Choose less."),
    "too-large": _("This file is too large."),
    "rate-limited": _("You sent many recordings within an hour. Wait a little."),
    "quota-exceeded": _("Your recordings use all of your space. Delete some first."),
    "overloaded": _("Many recordings wait for their conversion. Try again in a moment."),
    "storage-full": _("The server has no space left. Tell the administrator."),
}
OTHER_FAILURE = _("Processing failed on our side. Try it again; if it keeps failing, tell the administrator.")


def of_failure(code: str, words: NullTranslations) -> str:
    """Word why a video could not be processed."""
    return words.gettext(FAILURES.get(code, OTHER_FAILURE))
