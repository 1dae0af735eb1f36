"""Sound that lasts long by a damaged header only makes no video long; sound that goes on does."""

import struct
from fractions import Fraction
from pathlib import Path

import pytest

from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.domain.processing.source_facts import MediaSoundUnreadable
from kit.media.marked_cases import clip_of, just

pytestmark = pytest.mark.sampled(every=3)

RATE, SAMPLES = 32, 12  # in the header of a stream and in its format (AVI)


def slowed(file: Path, by: int, *, samples: bool) -> Path:
    """Let an AVI tell a lower rate of the sound."""
    data = bytearray(file.read_bytes())
    head = data.index(b"strh", data.index(b"strh") + 4)
    at = data.index(b"strf", head) + SAMPLES if samples else head + RATE
    struct.pack_into("<I", data, at, max(1, struct.unpack_from("<I", data, at)[0] // by))
    file.write_bytes(data)
    return file


@pytest.mark.parametrize("codec", ["libmp3lame", "pcm_s16le", "ac3", "aac"])
@pytest.mark.parametrize("by", [3, 100, 100_000])
async def test_a_wrong_rate_makes_no_video_long(probe: ConfinedProbe, tmp_path: Path, codec: str, by: int) -> None:
    file, _ = just(clip_of("avi", "mpeg4", codec))(tmp_path)
    with pytest.raises(MediaSoundUnreadable):
        await probe.probe(slowed(file, by, samples=False))


async def test_nor_does_a_rate_that_no_sound_has(probe: ConfinedProbe, tmp_path: Path) -> None:
    file, _ = just(clip_of("avi", "mpeg4", "pcm_s16le"))(tmp_path)
    with pytest.raises(MediaSoundUnreadable):
        await probe.probe(slowed(file, 100, samples=True))


@pytest.mark.parametrize(("container", "picture", "codec"), [
    ("avi", "mpeg4", "libmp3lame"), ("avi", "mpeg4", "pcm_s16le"), ("mkv", "libx264", "flac"),
    ("mp4", "libx264", "aac"), ("webm", "libvpx", "libopus"),
    ("ts", "mpeg2video", "mp2"), ("flv", "flv", "aac"), ("wmv", "wmv2", "wmav2"),
])  # fmt: skip
async def test_sound_that_goes_on_makes_the_video_longer(
    probe: ConfinedProbe, tmp_path: Path, container: str, picture: str, codec: str
) -> None:
    file, truth = just(clip_of(container, picture, codec, sound_end=Fraction(6)))(tmp_path)
    assert (await probe.probe(file)).duration == pytest.approx(float(truth.end), abs=0.1)
