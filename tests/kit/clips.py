"""Test media, made by ffmpeg when first asked for; nothing of it is in the repository."""

import hashlib
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import imageio_ffmpeg

PICTURE = "testsrc2=size={size}:rate={rate}:duration={seconds}"
SOUND = "sine=frequency=440:sample_rate=48000:duration={seconds}"


@cache
def folder() -> Path:
    """A directory of this user's for made clips; a clip made once serves all workers of a run."""
    path = Path(tempfile.gettempdir()) / f"efir-clips-{os.getuid()}"
    path.mkdir(mode=0o755, exist_ok=True)
    return path


def made(name: str, *arguments: str) -> Path:
    """Run ffmpeg once for a clip; the name tells the container."""
    key = hashlib.sha256(" ".join(arguments).encode()).hexdigest()[:12]
    target = folder() / f"{key}-{name}"
    if not target.exists():
        part = target.with_name(f"{os.getpid()}-{target.name}")
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments, str(part)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        part.rename(target)
    return target


def h264(*, seconds: float = 3, size: str = "640x360", rate: int = 30, sound: bool = True) -> Path:
    """MP4 with H.264 and AAC: what can be played without coding it anew."""
    inputs = ["-f", "lavfi", "-i", PICTURE.format(size=size, rate=rate, seconds=seconds)]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", str(rate * 2)]
    if sound:
        inputs += ["-f", "lavfi", "-i", SOUND.format(seconds=seconds)]
        codecs += ["-c:a", "aac", "-ac", "2"]
    return made("h264.mp4", *inputs, *codecs)


def webm(*, seconds: float = 3, size: str = "640x360", rate: int = 30) -> Path:
    """WebM with VP8 and Opus: what must be coded anew."""
    picture = PICTURE.format(size=size, rate=rate, seconds=seconds)
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", SOUND.format(seconds=seconds)]
    return made("vp8.webm", *inputs, "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M", "-c:a", "libopus")
