"""What is published looks as a player shows the source: transparency, mirrors, wide colours."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from efir.domain.processing.ladder import plan
from kit.media.sources import X264, ffmpeg

pytestmark = pytest.mark.sampled(every=3)

WIDE, TALL = 256, 144
HALF = f"geq=r=200:g=0:b=0:a=255*gte(X\\,{WIDE // 2})"
CLEAR = {
    "VP9": ("webm", f"format=rgba,{HALF},format=yuva420p", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
    "VP8": ("webm", f"format=rgba,{HALF},format=yuva420p", "-c:v libvpx -deadline realtime -auto-alt-ref 0"),
    "ProRes": ("mov", f"format=rgba,{HALF},format=yuva444p10le", "-c:v prores_ks"),
    "PNG": ("mov", f"format=rgba,{HALF}", "-c:v png"),
    "raw": ("avi", f"format=rgba,{HALF},format=bgra", "-c:v rawvideo"),
}


async def shown(converter: FfmpegConverter, probe: ConfinedProbe, file: Path, out: Path) -> NDArray[np.int16]:
    """The middle frame of the largest rendition, as red, green and blue."""
    facts = await probe.probe(file)
    chosen = plan(facts)
    (out / "made").mkdir()
    part = await converter.encode_chunk(file, facts, chosen, 0, chosen.rungs[:1], out / "made", lambda _: None)
    whole = join(part.tracks[0], out / "whole.mp4")
    frame = ffmpeg("-ss", "0.4", "-i", whole, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    rung = chosen.rungs[0]
    return np.frombuffer(frame, dtype=np.uint8).reshape(rung.height, rung.width, 3).astype(np.int16)


def colour(image: NDArray[np.int16], across: float, down: float) -> tuple[int, ...]:
    """The mean colour of a small field; places are shares of width and height."""
    y, x = int(down * image.shape[0]), int(across * image.shape[1])
    return tuple(int(value) for value in image[y - 4 : y + 4, x - 4 : x + 4].mean(axis=(0, 1)))


@pytest.mark.parametrize("coding", CLEAR)
async def test_what_is_transparent_is_black_whatever_is_hidden_there(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, coding: str
) -> None:
    container, graph, codec = CLEAR[coding]
    file = out / f"clear.{container}"
    ffmpeg("-f", "lavfi", "-i", f"color=black:s={WIDE}x{TALL}:r=25:d=1", "-vf", graph, *codec.split(), file)
    image = await shown(converter, probe, file, out)
    assert max(colour(image, 0.25, 0.5)) < 12
    red, green, blue = colour(image, 0.75, 0.5)
    assert abs(red - 200) < 12
    assert max(green, blue) < 12


@pytest.mark.parametrize(
    ("turn", "corner"),
    [
        ("-display_vflip", (0.1, 0.9)),
        ("-display_hflip", (0.9, 0.1)),
        ("-display_rotation 180", (0.9, 0.9)),
        ("-display_rotation -90", (0.9, 0.1)),
        ("-display_rotation 90", (0.1, 0.9)),
    ],
)
async def test_turns_and_mirrors_of_the_container_are_made(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, turn: str, corner: tuple[float, float]
) -> None:
    """A red field in the upper left corner of a grey picture goes where the container puts it."""
    graph = f"color=gray:s={WIDE}x{TALL}:r=25:d=1,drawbox=0:0:{WIDE // 4}:{TALL // 4}:red:fill"
    ffmpeg("-f", "lavfi", "-i", graph, *X264.split(), out / "plain.mp4")
    ffmpeg(*turn.split(), "-i", out / "plain.mp4", "-c", "copy", out / "turned.mp4")
    image = await shown(converter, probe, out / "turned.mp4", out)
    for across, down in ((0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)):
        red, green, _ = colour(image, across, down)
        assert (red - green > 100) == ((across, down) == corner)


async def test_wide_colours_are_brought_to_those_of_every_screen(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path
) -> None:
    """Green of Display P3 is beyond BT.709: less of it is asked for, and none of the others."""
    named = "scale=out_color_matrix=bt709,setparams=color_primaries=smpte432:colorspace=bt709:color_trc=bt709"
    graph = f"color=0x208020:s={WIDE}x{TALL}:r=25:d=1,{named}"
    ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "ffv1", "-pix_fmt", "yuv420p", out / "wide.mkv")
    red, green, blue = colour(await shown(converter, probe, out / "wide.mkv", out), 0.5, 0.5)
    assert abs(green - 129) < 5
    assert red < 26
    assert blue < 32


async def test_colours_that_no_scaler_knows_are_right(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path
) -> None:
    graph = f"color=0xC86432:s={WIDE}x{TALL}:r=25:d=1,format=gbrp,zscale=m=ycgco:r=full,format=yuv444p"
    ffmpeg("-f", "lavfi", "-i", graph, "-c:v", "libx264", "-colorspace", "ycgco", "-color_range", "pc", out / "odd.mkv")
    seen = colour(await shown(converter, probe, out / "odd.mkv", out), 0.5, 0.5)
    assert all(abs(one - other) < 8 for one, other in zip(seen, (0xC8, 0x64, 0x32), strict=True)), seen
