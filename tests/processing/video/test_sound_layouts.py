"""Every channel of a film is heard, whatever its speakers are called, or if they have no names at all."""

from pathlib import Path

import numpy as np
import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from efir.domain.processing.ladder import plan
from kit.media.sources import X264, ffmpeg

pytestmark = pytest.mark.sampled(every=3)

RATE, LOUD = 48_000, 0.1
LAYOUTS = [
    (1, "mono", "mkv"), (1, "mono", "mov"), (3, "", "mkv"), (6, "", "mkv"),
    (9, "", "mkv"), (12, "", "mkv"), (16, "", "mov"), (24, "", "mov"),
    (12, "7.1.4", "mov"), (8, "cube", "mov"), (8, "5.1.2", "mov"), (10, "5.1.4", "mov"),
]  # fmt: skip


def tone(channel: int) -> int:
    return 300 + 150 * channel


@pytest.mark.parametrize(("channels", "layout", "container"), LAYOUTS)
async def test_every_channel_is_heard(
    converter: FfmpegConverter, probe: ConfinedProbe, out: Path, channels: int, layout: str, container: str
) -> None:
    waves = "|".join(f"{LOUD}*sin(2*PI*{tone(number)}*t)" for number in range(channels))
    sound = f"aevalsrc={waves}:d=1:s={RATE}" + (f":c={layout}" if layout else "")
    film = out / f"film.{container}"
    picture = "-f lavfi -i testsrc2=size=64x36:rate=10:duration=1"
    ffmpeg(*picture.split(), "-f", "lavfi", "-i", sound, *X264.split(), "-c:a", "pcm_s16le", film)
    facts = await probe.probe(film)
    assert facts.audio is not None
    assert facts.audio.channels == channels
    (out / "sound").mkdir()
    track = await converter.encode_audio(film, facts, plan(facts), out / "sound", lambda _: None)
    whole = join(track, out / "sound.mp4")
    heard = np.frombuffer(ffmpeg("-i", whole, "-f", "f32le", "-"), dtype="<f4").reshape(-1, 2)
    times = np.arange(len(heard)) / RATE
    levels = []
    for number in range(channels):
        wave = np.exp(-2j * np.pi * tone(number) * times)
        levels.append(max(2 * abs((heard[:, side] * wave).mean()) for side in (0, 1)))
    if channels == 1:
        assert levels[0] == pytest.approx(LOUD, rel=0.1)
    unheard = [facts.audio.speakers[n] if layout else n for n, level in enumerate(levels) if level < LOUD / 40]
    assert unheard in ([], ["LFE"] if layout == "5.1.2" else [])
