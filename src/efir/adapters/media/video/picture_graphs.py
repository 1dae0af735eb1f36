"""Filter graphs of ffmpeg: from whatever a decoder gives to exact frames of every rung.

First everything that may change in mid-stream is settled: size, pixel format, colours. Then frames are counted, and
only then scaled; the graph is never rebuilt on the way (`-reinit_filter 0`), for filters that count would begin again.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from efir.domain.processing.ladder import Plan, Rung, fit
from efir.domain.processing.source_facts import VideoFacts, usual_matrix

POSTER_SIDE = 1280

LINEAR = {"pq": "smpte2084", "hlg": "arib-std-b67"}
SMALL_SCREEN, WIDE = frozenset({"smpte170m", "bt470bg"}), frozenset({"bt2020", "smpte432"})
WIDE_MATRICES = frozenset({"bt2020nc", "bt2020c"})
TURNED = {"ycgco": "bt709", "ictcp": "bt2020nc"}  # what the plain scaler does not know, and what it is turned into
PLANAR = ("yuv", "gray", "nv", "p0", "p2", "p4")
RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "pal8", "0rgb", "0bgr", "x2rgb", "x2bgr", "mono")
ALIKE = "0.02"  # shapes that differ by less are the same shape, rounded


def picture_graph(video: VideoFacts, track: int, plan: Plan, ordinal: int, rungs: Sequence[Rung]) -> str:
    """Exact frames of the chunk on the output grid, then each rung scaled from the one above it.

    After `fps` a time stamp is the frame's number, the same in every chunk. The last frame is held as long as needed.
    """
    wanted = stills_of(plan, ordinal)
    split = f"split={1 + len(wanted)}[r0]" + "".join(f"[{name}s]" for name in wanted)
    steps = [*settle_filters(video), *_grid(video, plan, ordinal), *_colours(video, rungs[0]), split]
    parts = [f"[0:{track}]{','.join(steps)}"]
    for number, (rung, below) in enumerate(zip(rungs, [*rungs[1:], None], strict=True)):
        scale = f"scale={rung.width}:{rung.height}:flags=bicubic,setsar=1" if number else "null"
        parts.append(f"[r{number}]{scale}" + (f",split=2[v{number}][r{number + 1}]" if below else f"[v{number}]"))
    sizes = {"tile": (plan.still_width, plan.still_height), "poster": poster_size(rungs[0].width, rungs[0].height)}
    for name in wanted:
        step = plan.still_step if name == "tile" else plan.poster_step
        wide, tall = sizes[name]
        parts.append(f"[{name}s]select=not(mod(pts\\,{step})),scale={wide}:{tall}[{name}]")
    return ";".join(parts)


def stills_of(plan: Plan, ordinal: int) -> list[str]:
    """Stills that the chunk has frames for; an output without any frame would be an error."""
    return [name for name, frames in (("tile", plan.tiles(ordinal)), ("poster", plan.posters(ordinal))) if frames]


def poster_size(width: int, height: int) -> tuple[int, int]:
    """Return the size of a poster of a picture."""
    return fit(width, height, long=POSTER_SIDE, short=POSTER_SIDE)


def settle_filters(video: VideoFacts) -> Iterator[str]:
    """Filters that give every frame the size, shape, format and colour names of the main ones.

    A frame of another shape is fitted in with bars, as a player does. What is as it should be passes untouched.
    """
    wide, tall, pixel = _upright(video)
    if video.matrix in TURNED:
        curve = LINEAR.get(video.hdr, "bt709")
        spread = _range(video)
        yield f"zscale=min={video.matrix}:rin={spread}:tin={curve}:m={_matrix(video)}:r={spread}:t={curve}"
    if not video.mixed_colours:
        yield f"setparams=range={_range(video)}:colorspace={_matrix(video)}"
    shape = f"dar/{float(wide * pixel / tall):.9f}"
    size = [
        f"if(lt(abs({shape}-1),{ALIKE}),{side},2*max(1,trunc({side}*min(1,{part})/2)))"
        for side, part in ((wide, shape), (tall, f"1/({shape})"))
    ]
    told = f":out_color_matrix={_matrix(video)}:out_range={_range(video)}"
    yield f"scale=w='{size[0]}':h='{size[1]}':eval=frame:flags=bicubic{told if video.mixed_colours else ''}"
    yield f"pad={wide}:{tall}:(ow-iw)/2:(oh-ih)/2:eval=frame"
    yield f"setsar={pixel.numerator}/{pixel.denominator}"
    yield f"format={_format(video)}"
    if video.alpha:
        yield "premultiply=inplace=1"  # what shines through is black, as on a player's screen
    if video.interlaced:
        yield "bwdif=mode=send_frame:deint=interlaced"


def _grid(video: VideoFacts, plan: Plan, ordinal: int) -> Iterator[str]:
    """Filters that put frames on the output grid and cut the chunk out of it.

    Frames of a steady source are moved to the middle of their places, where no rounding of time stamps loses one.
    """
    first, end = plan.span(ordinal)
    moved = Fraction(0) if video.vfr else _grid_offset(video, plan)
    if not video.vfr or video.delay:
        yield f"setpts=PTS+({float(moved) - video.delay:.9f})/TB"
    yield f"fps={plan.rate_num}/{plan.rate_den}:eof_action=pass" + (":start_time=0" if first == 0 else "")
    yield "tpad=stop=-1:stop_mode=clone"
    yield f"trim=start_pts={first}:end_pts={end}"


def _grid_offset(video: VideoFacts, plan: Plan) -> Fraction:
    """Seconds to add to a steady source's time stamps; several frames that share a place lie around its middle."""
    start = Fraction(video.start).limit_denominator(1_000_000)
    on_grid = Fraction(round(start * video.rate)) / video.rate - start
    share = video.rate / plan.rate
    return on_grid - (share - 1) / (2 * video.rate) if share > 1 else on_grid


def _colours(video: VideoFacts, rung: Rung) -> Iterator[str]:
    """Scale to the first rung in 8-bit 4:2:0 of a standard range; every colour is named: players would guess."""
    size, named = f"{rung.width}:{rung.height}", _output(video)
    source = f"min={_matrix(video)}:rin={_range(video)}"
    primaries = video.primaries or ("bt2020" if video.hdr or _matrix(video) in WIDE_MATRICES else "bt709")
    if video.hdr:
        yield f"zscale={size}:{source}:tin={LINEAR[video.hdr]}:pin={primaries}:t=linear:npl=100,format=gbrpf32le"
        yield "zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
    elif _matrix(video) in WIDE_MATRICES or video.primaries in WIDE:
        yield f"zscale={size}:{source}:tin=bt709:pin={primaries}:t=bt709:p=bt709:m=bt709:r=tv"
    else:
        yield f"scale={size}:flags=bicubic:out_range=tv:out_color_matrix={named}"
    yield "format=yuv420p"
    yield f"setparams=range=tv:colorspace={named}:color_primaries={named}:color_trc={named}"
    yield "setsar=1"


def _matrix(video: VideoFacts) -> str:
    """Return how the source turns colours into numbers; what nobody named is as players take it, by the size."""
    if video.pix_fmt.startswith(RGB):
        return "gbr"
    return TURNED.get(video.matrix, video.matrix) or ("bt2020nc" if video.hdr else usual_matrix(video.coded_height))


def _range(video: VideoFacts) -> str:
    return "pc" if video.full_range or video.pix_fmt.startswith(RGB) else "tv"


def _output(video: VideoFacts) -> str:
    return "smpte170m" if _matrix(video) in SMALL_SCREEN and not video.hdr else "bt709"


def _format(video: VideoFacts) -> str:
    """Return a planar format that holds what the source's does."""
    name = video.pix_fmt.replace("yuvj", "yuv")
    if name.startswith(RGB):
        return name if name.startswith("gbr") else "gbrap" if video.alpha else "gbrp"
    if not name.startswith(PLANAR):
        return "yuva444p" if video.alpha else "yuv422p"
    if video.alpha and not name.startswith("yuva"):
        return name.replace("yuv", "yuva")  # the decoder with an alpha plane gives it
    return name


def _upright(video: VideoFacts) -> tuple[int, int, Fraction]:
    """Return even coded size and shape of a pixel after the turn that ffmpeg makes by itself."""
    shape = Fraction(video.width, video.height)
    wide, tall = video.coded_width, video.coded_height
    if video.rotation in {90, 270}:
        wide, tall = tall, wide
    wide, tall = wide + wide % 2, tall + tall % 2  # bars cannot be put around half a sample of colour
    pixel = Fraction(1) if video.square_pixels else (shape * tall / wide).limit_denominator(1000)
    return wide, tall, pixel
