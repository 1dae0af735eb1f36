"""Command lines of ffmpeg: fixed templates, only numbers and names of ours vary.

The source is always descriptor 3 and its container is named, so no path, address or playlist is ever opened. Files are
written into the working directory. Every track starts ten seconds late, so that no time before zero is cut off; the
packager takes the ten seconds back.
"""

import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import floor

from efir.adapters.media.confinement.sandbox import python
from efir.adapters.media.video.picture_graphs import picture_graph, poster_size, stills_of
from efir.adapters.media.video.sound_graphs import RATE, steady_sound_graph, timed_sound_graph
from efir.domain.processing.ladder import Plan, Rung
from efir.domain.processing.source_facts import MediaFacts

SHIFT_SECONDS = 10
COPY_SECONDS = "3.9"
EARLY = Fraction(100, 1_000_000)
DECODERS = {
    "av1": "libdav1d,libaom-av1,av1",
    "vp8": "vp8,libvpx",
    "vp9": "vp9,libvpx-vp9",
    "flv1": "flv",
    "msmpeg4v3": "msmpeg4",
    "mp1": "mp1float,mp1",
    "mp2": "mp2float,mp2",
    "mp3": "mp3float,mp3",
    "opus": "opus,libopus",
    "vorbis": "vorbis,libvorbis",
    "dts": "dca",
    "amr_nb": "amrnb,libopencore_amrnb",
    "amr_wb": "amrwb,libopencore_amrwb",
}
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # the others pass the second picture over
LEAD_SECONDS = 10
QUIET = ("-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.25")
SAFE = ("-max_alloc", "1073741824", "-protocol_whitelist", "fd")
OURS = (*SAFE, "-codec_whitelist", "h264,aac", "-format_whitelist", "mov")
CLEAN = ("-map_metadata", "-1", "-map_chapters", "-1", "-flags", "+bitexact", "-fflags", "+bitexact")
# one thread for each encoder: with more, x264 under a bit rate cap gives other bytes each time; rungs run side by side
X264 = ("-c:v", "libx264", "-threads", "1", "-pix_fmt", "yuv420p", "-sc_threshold", "0", "-crf", "23")
GOOD = ("-preset", "veryfast", "-profile:v", "high", "-bf", "3", "-refs", "3")
FAST = ("-preset", "ultrafast", "-profile:v", "high", "-bf", "0")
AAC = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", str(RATE))
PRIMING = "noise=drop=not(n)"
BEFORE_START = "noise=drop=lt(pts\\,0)"


def encode(
    ffmpeg: str, facts: MediaFacts, plan: Plan, ordinal: int, rungs: Sequence[Rung], *, fast: bool
) -> Iterator[str]:
    """One chunk for all rungs from one decode, with the stills of its frames."""
    yield from (*program(ffmpeg, facts), *QUIET)
    yield from (*seek(facts, plan, plan.span(ordinal)[0]), "-reinit_filter", "0", *source(facts))
    yield from ("-filter_complex", picture_graph(facts.video, picture_track(facts), plan, ordinal, rungs))
    for number, rung in enumerate(rungs):
        yield from ("-map", f"[v{number}]", "-an", "-sn", "-dn", *CLEAN, *X264, *(FAST if fast else GOOD))
        yield from ("-level:v", rung.level, "-maxrate", str(rung.bandwidth), "-bufsize", str(rung.bandwidth * 3 // 2))
        yield from ("-g", str(plan.gop), "-keyint_min", str(plan.gop))
        yield from ("-x264-params", "scenecut=0:open_gop=0", *segments(rung.name, cut_seconds(plan)))
    for name in stills_of(plan, ordinal):
        yield from ("-map", f"[{name}]", "-an", "-sn", "-dn", *CLEAN, "-fps_mode", "passthrough")
        yield from ("-c:v", "mjpeg", "-threads", "1", "-q:v", "4" if name == "tile" else "2", f"{name}_%05d.jpg")


def audio(ffmpeg: str, facts: MediaFacts, plan: Plan) -> Iterator[str]:
    """Encode the sound as stereo AAC that starts at zero and lasts as long as the picture."""
    yield from (*program(ffmpeg, facts), *QUIET, *source(facts), *_sound(facts, plan))


OWN_TIMES = "+skip_sidx"  # with an index, the muxer shows a segment's first picture when the last packets ended


def copy(ffmpeg: str, facts: MediaFacts, plan: Plan, *, sound: bool) -> Iterator[str]:
    """Take the picture as it is; sound as it is too, if asked for."""
    yield from (*program(ffmpeg, facts), *QUIET, *source(facts))
    yield from ("-map", f"0:{picture_track(facts)}", "-c:v", "copy", "-bsf:v", _own_lengths(facts), *CLEAN)
    yield from segments("copy", COPY_SECONDS, flags=OWN_TIMES)
    if sound:
        adts = "aac_adtstoasc," if facts.container == "mpegts" else ""
        yield from ("-map", f"0:{sound_tracks(facts)[0]}", "-c:a", "copy", "-bsf:a", adts + BEFORE_START, *CLEAN)
        yield from segments("audio", sound_cut_seconds(plan))


def still(ffmpeg: str, facts: MediaFacts, plan: Plan, frame: int) -> Iterator[str]:
    """One poster candidate of a source that is not encoded: the key frame before a place, so that one is decoded."""
    no_index = facts.container == "mpegts"
    place = frame / plan.rate - (Fraction(facts.video.keyframe_spacing) if no_index else 0)
    yield from (*program(ffmpeg, facts), *QUIET, "-skip_frame", "nokey")
    yield from ("-noaccurate_seek", "-ss", _decimal(place)) if place > 0 else ()
    yield from source(facts)
    wide, tall = poster_size(plan.rungs[0].width, plan.rungs[0].height)
    yield from (
        "-map",
        f"0:{picture_track(facts)}",
        "-an",
        "-sn",
        "-dn",
        *CLEAN,
        "-vf",
        f"scale={wide}:{tall},setsar=1",
    )
    yield from (
        "-frames:v",
        "1",
        "-fps_mode",
        "passthrough",
        "-c:v",
        "mjpeg",
        "-threads",
        "1",
        "-q:v",
        "2",
        "poster_%05d.jpg",
    )


def join_progressive(ffmpeg: str, *, sound: bool) -> Iterator[str]:
    """One MP4 with its index first, from the joined tracks in descriptors 3 and 4."""
    yield from (ffmpeg, *QUIET)
    for number in range(1 + sound):
        yield from (*OURS, "-fd", str(3 + number), "-f", "mov", "-i", "fd:")
    yield from ("-map", "0:v:0", *(("-map", "1:a:0") if sound else ()), "-c", "copy", *CLEAN)
    yield from ("-movflags", "+faststart", "-f", "mp4", "whole.mp4")


def decode(ffmpeg: str, tracks: int) -> Iterator[str]:
    """Decode joined tracks in descriptors 3, 4, … and stop at the first error."""
    yield from (ffmpeg, *QUIET, "-xerror")
    for number in range(tracks):
        yield from (*OURS, "-err_detect", "explode")
        yield from ("-skip_loop_filter", "all", "-skip_idct", "all")  # errors show while bits are read, not later
        yield from ("-fd", str(3 + number), "-f", "mov", "-i", "fd:")
    for number in range(tracks):
        yield from ("-map", f"{number}:0", "-f", "null", "-")


def picture_track(facts: MediaFacts) -> int:
    """Return the number of the picture's track in what ffmpeg reads: in a pipe only the chosen ones."""
    return 0 if facts.is_piped else facts.video.track


def sound_tracks(facts: MediaFacts) -> Sequence[int]:
    """Return the numbers of the sound's tracks in what ffmpeg reads."""
    tracks = facts.audio.tracks if facts.audio else ()
    return range(1, 1 + len(tracks)) if facts.is_piped else tracks


def source(facts: MediaFacts) -> Iterator[str]:
    """Open the foreign file: one named demuxer, decoders of its two codecs, nothing but descriptor 3.

    Its time stamps are taken as they are, less the origin that the probe found.
    """
    codecs = [facts.video.codec] + ([facts.audio.codec] if facts.audio else [])
    allowed = ",".join(DECODERS.get(codec, codec) for codec in codecs)
    container = retimed_container(facts) if facts.is_piped else facts.container
    yield from (*SAFE, "-codec_whitelist", allowed, "-format_whitelist", container)
    if facts.video.alpha and facts.video.codec in ALPHA_DECODERS:
        yield from ("-c:v", ALPHA_DECODERS[facts.video.codec])
    yield from ("-copyts", "-itsoffset", _decimal(-Fraction(facts.origin) - (LEAD_SECONDS if facts.is_piped else 0)))
    if facts.video.mixed_shapes:  # else the shape that is found in front would be every frame's
        yield "-nofind_stream_info"
    yield from ("-fd", "3", "-f", container, "-i", "fd:")


def program(ffmpeg: str, facts: MediaFacts) -> Iterator[str]:
    """Name the program to run: ffmpeg, or what mends the clocks of its input first."""
    if facts.is_piped:
        tracks = [facts.video.track, *(facts.audio.tracks if facts.audio else ())]
        tables = facts.corrections or [()] * len(tracks)
        order = {"format": facts.container, "streams": tracks, "corrections": tables, "lead": LEAD_SECONDS}
        order["settled"] = [(), *(facts.audio.settled if facts.audio else ())]
        order["container"] = retimed_container(facts)
        yield from (*python(), "efir.adapters.media.video.retiming", json.dumps(order))
    yield ffmpeg


def retimed_container(facts: MediaFacts) -> str:
    """Return the container of a stream whose clocks are mended: NUT, whose times are exact.

    It has no room for the size of blocks (nut.txt, stream header), without which no sound of ASF can be decoded.
    """
    return "asf" if facts.container == "asf" else "nut"


def seek(facts: MediaFacts, plan: Plan, frame: int) -> Iterator[str]:
    """Start reading early enough that the picture shown at `frame` is decoded too."""
    early = Fraction(facts.video.longest_frame) + Fraction(facts.video.delay) + 2 / plan.rate + Fraction(1, 10)
    if facts.container == "mpegts":  # no index: the landing place may be between key frames
        early += 2 * Fraction(facts.video.keyframe_spacing) + 1
    start = frame / plan.rate - early
    if start > 0:  # frames before it are dropped by the graph, for ffmpeg would count from the file's own start
        yield from ("-noaccurate_seek", "-ss", _decimal(start))


def segments(name: str, seconds: str, *, flags: str = "") -> Iterator[str]:
    """CMAF segments `name_00000.m4s` with one init file; no edit list, so that every chunk has the same one."""
    yield from ("-output_ts_offset", str(SHIFT_SECONDS), "-f", "hls", "-hls_segment_type", "fmp4")
    yield from ("-hls_time", seconds, "-hls_playlist_type", "vod", "-hls_flags", "independent_segments")
    yield from ("-hls_segment_options", f"use_editlist=0:movflags=+frag_discont+negative_cts_offsets{flags}")
    yield from ("-hls_fmp4_init_filename", f"{name}_init.mp4", "-hls_segment_filename", f"{name}_%05d.m4s")
    yield f"{name}.m3u8"


def cut_seconds(plan: Plan) -> str:
    """Give the time between cuts: some microseconds less than a segment, so that rounding never misses a key frame.

    ffmpeg multiplies it by the number of the segment: what is taken off must stay below one GOP for the longest video.
    """
    return _decimal(Fraction(floor(plan.segment / plan.rate * 1_000_000), 1_000_000) - EARLY)


def sound_cut_seconds(plan: Plan) -> str:
    """Give the time between cuts of the sound: any packet can begin a segment, so each lies at the picture's cut."""
    return _decimal(plan.segment / plan.rate)


def _own_lengths(facts: MediaFacts) -> str:
    """Let each picture last until the next, whatever packets tell: a segment begins where the last packet says so.

    The last one lasts as long as it tells, but not longer than any.
    """
    last = f"min(DURATION,{facts.video.longest_frame:.6f}/TB)"
    lasts = f"if(eq(NEXT_DTS,NOPTS),{last},NEXT_DTS-DTS)".replace(",", "\\,")
    return f"setts=pts=PTS:dts=DTS:duration={lasts}"


def _sound(facts: MediaFacts, plan: Plan) -> Iterator[str]:
    if facts.audio is None:
        return
    yield from ("-filter_complex", steady_sound_graph(facts.audio, sound_tracks(facts)))
    yield from ("-map", "[steady]", "-c:a", "pcm_f32le", "-f", "null", "-", "-dec", "0:0")
    yield from ("-filter_complex", timed_sound_graph(facts.audio, plan.seconds, facts.container))
    yield from ("-map", "[sound]", "-vn", "-sn", "-dn", *CLEAN, *AAC, "-bsf:a", PRIMING)
    yield from segments("audio", sound_cut_seconds(plan))


def _decimal(value: Fraction) -> str:
    return f"{float(value):.6f}"
