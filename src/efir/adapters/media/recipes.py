"""Command lines of ffmpeg: fixed templates, only numbers and names of ours vary.

The source is always descriptor 3 and its container is named, so no path, address or playlist is ever opened. Files are
written into the working directory. Every track starts ten seconds late, so that no time before zero is cut off; the
packager takes the ten seconds back.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from efir.domain.media import MediaFacts
from efir.domain.renditions import Plan, Rung, fit

SHIFT_SECONDS = 10
POSTER_SIDE = 1280
AUDIO_RATE = 48_000
COPY_SECONDS = "3.9"
AUDIO_SECONDS = "4"
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
QUIET = ("-hide_banner", "-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.25")
SAFE = ("-max_alloc", "1073741824", "-protocol_whitelist", "fd")
OURS = (*SAFE, "-codec_whitelist", "h264,aac", "-format_whitelist", "mov")
CLEAN = ("-map_metadata", "-1", "-map_chapters", "-1", "-flags", "+bitexact", "-fflags", "+bitexact")
# one thread for each encoder: with more, x264 under a bit rate cap gives other bytes each time; rungs run side by side
X264 = ("-c:v", "libx264", "-threads", "1", "-pix_fmt", "yuv420p", "-sc_threshold", "0", "-crf", "23")
GOOD = ("-preset", "veryfast", "-profile:v", "high", "-bf", "3", "-refs", "3")
FAST = ("-preset", "ultrafast", "-profile:v", "high", "-bf", "0")
AAC = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", str(AUDIO_RATE))
PRIMING = "noise=drop=not(n)"
BEFORE_START = "noise=drop=lt(pts\\,0)"
LARGE = 720
LINEAR = {"pq": "smpte2084", "hlg": "arib-std-b67"}
PACKED_COLOURS = ("rgb", "bgr", "gbr", "argb", "abgr", "pal8", "0rgb", "0bgr", "x2rgb")


def encode(
    ffmpeg: str, facts: MediaFacts, plan: Plan, ordinal: int, rungs: Sequence[Rung], *, fast: bool
) -> Iterator[str]:
    """One chunk for all rungs from one decode, with the stills of its frames."""
    yield from (ffmpeg, *QUIET, "-copyts", "-start_at_zero", *seek(facts, plan, plan.span(ordinal)[0]), *source(facts))
    yield from ("-filter_complex", graph(facts, plan, ordinal, rungs))
    for number, rung in enumerate(rungs):
        yield from ("-map", f"[v{number}]", "-an", "-sn", "-dn", *CLEAN, *X264, *(FAST if fast else GOOD))
        yield from ("-level:v", rung.level, "-maxrate", str(rung.bandwidth), "-bufsize", str(rung.bandwidth * 3 // 2))
        yield from ("-g", str(plan.gop), "-keyint_min", str(plan.gop))
        yield from ("-x264-params", "scenecut=0:open_gop=0", *segments(rung.name, cut_seconds(plan)))
    for name in _wanted(plan, ordinal):
        yield from ("-map", f"[{name}]", "-an", "-sn", "-dn", *CLEAN, "-fps_mode", "passthrough")
        yield from ("-c:v", "mjpeg", "-threads", "1", "-q:v", "4" if name == "tile" else "2", f"{name}_%05d.jpg")


def audio(ffmpeg: str, facts: MediaFacts, seconds: Fraction) -> Iterator[str]:
    """Encode the first sound track as stereo AAC that starts at zero and lasts as long as the picture."""
    yield from (ffmpeg, *QUIET, *source(facts), *_sound(seconds))


def copy(ffmpeg: str, facts: MediaFacts, *, sound: bool, seconds: Fraction) -> Iterator[str]:
    """Take the picture as it is; sound as it is too, or encoded."""
    yield from (ffmpeg, *QUIET, *source(facts), "-map", "0:V:0", "-c:v", "copy", *CLEAN)
    yield from segments("copy", COPY_SECONDS)
    if facts.audio is not None and sound:
        adts = "aac_adtstoasc," if facts.container == "mpegts" else ""
        yield from ("-map", "0:a:0", "-c:a", "copy", "-bsf:a", adts + BEFORE_START, *CLEAN)
        yield from segments("audio", AUDIO_SECONDS)
    elif facts.audio is not None:
        yield from _sound(seconds)


def still(ffmpeg: str, facts: MediaFacts, plan: Plan, frame: int) -> Iterator[str]:
    """One poster candidate of a source that is not encoded: the key frame before a place, so that one is decoded."""
    no_index = facts.container == "mpegts"
    place = frame / plan.rate - (Fraction(facts.video.keyframe_spacing) if no_index else 0)
    yield from (ffmpeg, *QUIET, "-skip_frame", "nokey")
    yield from ("-noaccurate_seek", "-ss", _decimal(place)) if place > 0 else ()
    yield from source(facts)
    wide, tall = _poster(plan.rungs[0].width, plan.rungs[0].height)
    yield from ("-map", "0:V:0", "-an", "-sn", "-dn", *CLEAN, "-vf", f"scale={wide}:{tall},setsar=1")
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


def progressive(ffmpeg: str, *, sound: bool) -> Iterator[str]:
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


def source(facts: MediaFacts) -> Iterator[str]:
    """Open the foreign file: one named demuxer, decoders of its two codecs, nothing but descriptor 3."""
    codecs = [facts.video.codec] + ([facts.audio.codec] if facts.audio else [])
    allowed = ",".join(DECODERS.get(codec, codec) for codec in codecs)
    yield from (*SAFE, "-codec_whitelist", allowed, "-format_whitelist", facts.container)
    yield from ("-fd", "3", "-f", facts.container, "-i", "fd:")


def seek(facts: MediaFacts, plan: Plan, frame: int) -> Iterator[str]:
    """Start reading early enough that the picture shown at `frame` is decoded too."""
    early = Fraction(facts.video.longest_frame) + 2 / plan.rate + Fraction(1, 10)
    if facts.container == "mpegts":  # no index: the landing place may be between key frames
        early += 2 * Fraction(facts.video.keyframe_spacing) + 1
    start = frame / plan.rate - early
    if start > 0:
        yield from ("-ss", _decimal(start))


def segments(name: str, seconds: str) -> Iterator[str]:
    """CMAF segments `name_00000.m4s` with one init file; no edit list, so that every chunk has the same one."""
    yield from ("-output_ts_offset", str(SHIFT_SECONDS), "-f", "hls", "-hls_segment_type", "fmp4")
    yield from ("-hls_time", seconds, "-hls_playlist_type", "vod", "-hls_flags", "independent_segments")
    yield from ("-hls_segment_options", "use_editlist=0:movflags=+frag_discont+negative_cts_offsets")
    yield from ("-hls_fmp4_init_filename", f"{name}_init.mp4", "-hls_segment_filename", f"{name}_%05d.m4s")
    yield f"{name}.m3u8"


def cut_seconds(plan: Plan) -> str:
    """Half a frame less than a segment, so that rounding never moves a cut to the next key frame."""
    return _decimal((plan.segment - Fraction(1, 2)) / plan.rate)


def graph(facts: MediaFacts, plan: Plan, ordinal: int, rungs: Sequence[Rung]) -> str:
    """Exact frames of the chunk on the output grid, then each rung scaled from the one above it.

    After `fps` a time stamp is the frame's number, the same in every chunk. The last frame is held as long as needed.
    """
    first, end = plan.span(ordinal)
    start = ":start_time=0" if first == 0 else ""
    grid = f"fps={plan.rate_num}/{plan.rate_den}{start},tpad=stop=-1:stop_mode=clone"
    exact = f"{_prepare(facts)}{grid},trim=start_pts={first}:end_pts={end}"
    wanted = _wanted(plan, ordinal)
    split = f"split={1 + len(wanted)}[r0]" + "".join(f"[{name}s]" for name in wanted)
    parts = [f"[0:V:0]{exact},{_colours(facts, rungs[0])},setsar=1,{split}"]
    for number, (rung, below) in enumerate(zip(rungs, [*rungs[1:], None], strict=True)):
        scale = f"scale={rung.width}:{rung.height}:flags=bicubic" if number else "null"
        parts.append(f"[r{number}]{scale}" + (f",split=2[v{number}][r{number + 1}]" if below else f"[v{number}]"))
    sizes = {"tile": (plan.still_width, plan.still_height), "poster": _poster(rungs[0].width, rungs[0].height)}
    for name in wanted:
        step = plan.still_step if name == "tile" else plan.poster_step
        wide, tall = sizes[name]
        parts.append(f"[{name}s]select=not(mod(pts\\,{step})),scale={wide}:{tall}[{name}]")
    return ";".join(parts)


def _wanted(plan: Plan, ordinal: int) -> list[str]:
    """Stills that the chunk has frames for; an output without any frame would be an error."""
    return [name for name, frames in (("tile", plan.tiles(ordinal)), ("poster", plan.posters(ordinal))) if frames]


def _poster(width: int, height: int) -> tuple[int, int]:
    return fit(width, height, long=POSTER_SIDE, short=POSTER_SIDE)


def _prepare(facts: MediaFacts) -> str:
    return "bwdif=mode=send_frame:deint=interlaced," if facts.video.interlaced else ""


def _colours(facts: MediaFacts, rung: Rung) -> str:
    """Scale to the first rung in 8-bit 4:2:0; wide colours and high range become BT.709, other colours stay named."""
    video, size = facts.video, f"{rung.width}:{rung.height}"
    if video.hdr:
        wide = f"tin={LINEAR[video.hdr]}:min=bt2020nc:pin=bt2020:rin=tv"
        down = "tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
        return f"zscale={size}:{wide}:t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,{down}"
    if video.matrix.startswith("bt2020"):
        return f"zscale={size}:min=bt2020nc:pin=bt2020:tin=bt709:m=bt709:p=bt709:t=bt709:r=tv,format=yuv420p"
    scale = f"scale={size}:flags=bicubic"
    if video.full_range or video.pix_fmt.startswith(PACKED_COLOURS):
        scale += ":out_range=tv"
    if video.pix_fmt.startswith(PACKED_COLOURS):
        return f"{scale}:out_color_matrix=bt709,format=yuv420p,{_named('bt709')}"
    if video.matrix:
        return f"{scale},format=yuv420p"
    return f"{scale},format=yuv420p,{_named('bt709' if video.coded_height >= LARGE else 'smpte170m')}"


def _named(matrix: str) -> str:
    """Unnamed colours are guessed by players from the size, which differs between rungs; so name them."""
    return f"setparams=colorspace={matrix}:color_primaries={matrix}:color_trc={matrix}"


def _sound(seconds: Fraction) -> Iterator[str]:
    length = _decimal(seconds)
    whole = f"aresample=async=1:first_pts=0,apad=whole_dur={length},atrim=end={length}"
    yield from ("-map", "0:a:0", "-vn", "-sn", "-dn", *CLEAN, *AAC, "-af", whole, "-bsf:a", PRIMING)
    yield from segments("audio", AUDIO_SECONDS)


def _decimal(value: Fraction) -> str:
    return f"{float(value):.6f}"
