"""Probed facts of uploaded media files, the limits they must satisfy, and the errors of refused files."""

from dataclasses import dataclass
from fractions import Fraction

from efir.domain.kernel.errors import WorkFailed
from efir.domain.kernel.limits import Limits
from efir.domain.videos.video import MediaRefused

_VIDEO = """
h264 hevc vp8 vp9 av1 mpeg4 mpeg1video mpeg2video msmpeg4v1 msmpeg4v2 msmpeg4v3 wmv1 wmv2 wmv3 vc1 mjpeg theora
h263 h263p flv1 vp6 vp6f prores dnxhd dvvideo ffv1 rawvideo huffyuv ffvhuff utvideo png svq1 svq3 cinepak
cfhd qtrle v210 r210 magicyuv
"""
VIDEO_CODECS = frozenset(_VIDEO.split())
_AUDIO = """
aac aac_latm mp3 mp2 mp1 opus vorbis flac alac ac3 eac3 dts truehd amr_nb amr_wb wmav1 wmav2 wmapro speex adpcm_ms
adpcm_ima_wav adpcm_ima_qt adpcm_swf nellymoser pcm_s8 pcm_u8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le
pcm_s32be pcm_f32le pcm_f32be pcm_f64le pcm_alaw pcm_mulaw pcm_bluray pcm_dvd s302m wavpack tta
"""
AUDIO_CODECS = frozenset(_AUDIO.split())
LARGE = 720  # lines: pictures of this height and above are encoded as high definition (ITU-R BT.709)


class MediaEmpty(MediaRefused):
    """The file has no bytes."""

    code = "media-empty"
    title = "The file is empty."


class MediaFormatRefused(MediaRefused):
    """The file is not one of the accepted video containers: text, a playlist, a picture, something unknown."""

    code = "media-format-refused"
    title = "This is not a video file we can read. Send MP4, MOV, MKV, WebM, AVI, MPEG, TS, FLV, WMV or Ogg."


class MediaUnreadable(MediaRefused):
    """The container is recognised, but its content is damaged or truncated beyond use."""

    code = "media-unreadable"
    title = "The file is damaged or incomplete and cannot be read."


class MediaNoVideo(MediaRefused):
    """The container has neither video nor audio."""

    code = "media-no-video"
    title = "The file has no video in it."


class MediaAudioOnly(MediaRefused):
    """The file has audio but no video; recordings belong to the audio area."""

    code = "media-audio-only"
    title = "The file has sound but no video. Add it to your audio records instead."


class MediaCodecRefused(MediaRefused):
    """The video codec is not supported."""

    code = "media-codec-refused"
    title = "The video uses a codec we cannot read. Convert it to H.264 and send it again."


class MediaCodecChanges(MediaRefused):
    """A video or audio track changes its codec within the file, as in joined broadcasts."""

    code = "media-codec-changes"
    title = "The format of the picture or the sound changes in the middle of the file. Send its parts one by one."


class MediaEncrypted(MediaRefused):
    """The file has packets that cannot be read without a key: CENC, FairPlay, Widevine, scrambled broadcasts."""

    code = "media-encrypted"
    title = "The video is encrypted (copy protection), so it cannot be read. Send a copy without protection."


class MediaPartsUnlike(MediaRefused):
    """The file joins recordings whose tracks or codecs differ."""

    code = "media-parts-unlike"
    title = "The file holds several recordings of different kinds, one after another. Send each in a file of its own."


class MediaTooLong(MediaRefused):
    """The video is longer than the limit."""

    code = "media-too-long"
    title = "The video is too long."


class MediaTooLarge(MediaRefused):
    """The picture has more pixels than the limit."""

    code = "media-too-large"
    title = "The picture of this video is too large."


class MediaTooFast(MediaRefused):
    """The frame rate exceeds the limit."""

    code = "media-too-fast"
    title = "The video has too many frames per second."


class MediaTooManyStreams(MediaRefused):
    """The file has more video and audio tracks than the limit; subtitles and attachments are not counted."""

    code = "media-too-many-streams"
    title = "The file has too many video and audio tracks."


class MediaTooHeavy(MediaRefused):
    """Reading the file takes more memory or CPU time than one file may use."""

    code = "media-too-heavy"
    title = "The file needs too much memory or time to be read."


class MediaSoundUnreadable(MediaRefused):
    """The file declares audio, but none of it can be decoded."""

    code = "media-sound-unreadable"
    title = "The sound of this video cannot be read. Send a copy with sound that plays, or without sound."


class MediaWorkFailed(WorkFailed):
    """The machine failed, not the file: another attempt may succeed. `detail` is for operators."""

    code = "media-work-failed"


class MediaWorkStalled(MediaWorkFailed):
    """The child process made no progress for the stall limit, or exceeded the wall-clock limit, and was killed."""

    code = "media-work-stalled"
    explanation = "Processing came to a standstill and was stopped."


class SandboxUnavailable(MediaWorkFailed):
    """Untrusted files cannot be confined on this machine, so they are not opened."""

    code = "sandbox-unavailable"
    explanation = "This server cannot open files safely at the moment; nothing is wrong with the file."


class RenditionDamaged(MediaWorkFailed):
    """A produced track fails a check; `track` names it, `ordinal` the segment at fault (-1: the whole track)."""

    code = "rendition-damaged"
    explanation = "What was made of the file did not pass its check."

    def __init__(self, detail: str, *, track: str = "", ordinal: int = -1) -> None:
        super().__init__(f"{track}#{ordinal}: {detail}" if track else detail)
        self.track = track
        self.ordinal = ordinal


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoFacts:
    """The video track: display sizes (after pixel aspect ratio and rotation), times in seconds from the file's start.

    `track` is its number in the file. `coded_width` and `coded_height` are after the container's crop and before any
    other change. `resized` means that frames of other sizes, aspect ratios, formats or profiles occur, `mixed_shapes`
    that the pixel aspect ratio changes, `mixed_colours` that frames declare different colour spaces; `matrix` and
    `full_range` are then those of most frames. `flipped` means mirrored by the container, `edited` that an edit list
    leaves out a part. `delay` is the delay of a decoder's output where the container has only decoding times.
    """

    codec: str
    profile: str
    level: int
    pix_fmt: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    square_pixels: bool
    rotation: int
    rate_num: int
    rate_den: int
    vfr: bool
    interlaced: bool
    hdr: str
    matrix: str
    frames: int
    start: float
    longest_frame: float
    keyframe_spacing: float
    bitrate: int
    full_range: bool
    track: int
    end: float
    cropped: bool
    flipped: bool
    resized: bool
    mixed_shapes: bool
    mixed_colours: bool
    edited: bool
    delay: float
    primaries: str
    alpha: bool

    @property
    def rate(self) -> Fraction:
        """Frames per second: exact for a constant frame rate, otherwise the mean."""
        return Fraction(self.rate_num, self.rate_den)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFacts:
    """The audio that a player would choose; times in seconds from the file's start, below 0 for priming.

    `tracks` are its track numbers in the file: two where left and right are separate tracks. `layout` is ffmpeg's name
    of the channel layout, such as `5.1`, `ambisonic 1` or, where no speakers are named, `6 channels`; `speakers` has
    the name of each speaker, such as `FL`, and is empty where they have none. `gaps` means that packets leave gaps in
    time. `settled` has, for a track whose timestamps go back and forth, the number of packets to look ahead, and the
    delay in ticks: mean and maximum.
    """

    codec: str
    profile: str
    channels: int
    rate: int
    start: float
    duration: float
    bitrate: int
    tracks: tuple[int, ...]
    layout: str
    speakers: tuple[str, ...]
    gaps: bool
    settled: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFacts:
    """The result of a probe: `duration` in seconds is measured from packets, `container` is the demuxer for the file.

    Times count from `origin`, a time on the file's own clock: the start of the first track, or of the video if that is
    no later than an encoder's priming. `corrections` repairs clocks that jump: for the video, then for each audio
    track, pairs of the first packet and the ticks to add from there on; empty where no clock jumps.
    """

    container: str
    size: int
    duration: float
    streams: int
    video: VideoFacts
    audio: AudioFacts | None
    corrections: tuple[tuple[tuple[int, int], ...], ...]
    origin: float

    @property
    def is_piped(self) -> bool:
        """Whether tracks are piped to the converter packet by packet, with the container's data repaired."""
        return bool(self.corrections) or self.video.mixed_shapes


def _spell(seconds: int) -> str:
    return f"{seconds / 3600:g} hours" if seconds % 1800 == 0 else f"{seconds / 60:g} minutes"


def usual_matrix(height: int) -> str:
    """Return the colour matrix that players assume for a video of this height without declared colours."""
    return "bt709" if height >= LARGE else "smpte170m"


def admit(facts: MediaFacts, limits: Limits) -> MediaFacts:
    """Return the facts when every limit holds.

    Raises MediaTooLong, MediaTooLarge, MediaTooFast, MediaTooManyStreams, MediaCodecRefused.
    """
    video = facts.video
    if video.codec not in VIDEO_CODECS:
        raise MediaCodecRefused
    if facts.streams > limits.source_streams:
        most = f"at most {limits.source_streams} are allowed"
        raise MediaTooManyStreams(f"The file has {facts.streams} video and audio tracks; {most}.")
    if facts.duration > limits.source_seconds:
        raise MediaTooLong(f"The video is longer than {_spell(limits.source_seconds)}.")
    admit_size(video.coded_width, video.coded_height, limits)
    admit_size(video.width, video.height, limits)
    if video.rate > limits.source_rate:
        raise MediaTooFast(f"The video has more than {limits.source_rate} frames a second.")
    return facts


def admit_size(width: int, height: int, limits: Limits) -> None:
    """Check a picture size, in pixels, before anything is decoded. Raises MediaTooLarge."""
    if max(width, height) > limits.source_side or width * height > limits.source_pixels:
        most = f"{limits.source_side} pixels a side and {limits.source_pixels / 1e6:g} megapixels"
        raise MediaTooLarge(f"The picture is {width} by {height}; at most {most} are allowed.")
