"""Small source files of many kinds, made by ffmpeg once for a run."""

import subprocess
from functools import cache
from pathlib import Path
from tempfile import gettempdir

import imageio_ffmpeg

PROGRAM = imageio_ffmpeg.get_ffmpeg_exe()
X264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p"
SOUND = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration={}"


def picture(size: str = "320x180", rate: str = "25", seconds: float = 2) -> str:
    return f"-f lavfi -i testsrc2=size={size}:rate={rate}:duration={seconds}"


def both(seconds: float = 2, **about: str) -> str:
    return f"{picture(seconds=seconds, **about)} {SOUND.format(seconds)}"


TREMBLE = "settb=1/1000,setpts=PTS+14*not(mod(N\\,3))"
AAC = "-c:a aac -ac 2"
KINDS = {
    "plain.mp4": f"{both()} {X264} -bf 2 {AAC}",
    "odd.mkv": f"{picture()} -vf format=yuv444p,scale=321:181,setsar=1 -c:v ffv1",
    "turned.mp4": "-display_rotation 90 -i plain.mp4 -c copy",
    "uneven.mkv": f"{picture(rate='30')} -vf select=not(eq(mod(n\\,7)\\,3))*not(eq(mod(n\\,11)\\,5))"
    f",{TREMBLE} -fps_mode vfr -enc_time_base 1:1000 {X264} -bf 2",
    "holes.mkv": f"{picture(rate='30')} -vf select=not(eq(mod(n\\,7)\\,3))*not(eq(mod(n\\,11)\\,5))"
    f" -fps_mode vfr {X264} -bf 2",
    "silent.mp4": f"{picture()} {X264}",
    "sound.mp4": f"{SOUND.format(2)} {AAC}",
    "deep.mp4": f"{picture()} -c:v libx264 -preset ultrafast -pix_fmt yuv420p10le",
    "hdr.mp4": f"{picture()} -vf format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084"
    ":colorspace=bt2020nc -c:v libx265 -preset ultrafast -x265-params log-level=none",
    "bright.mov": f"{picture()} -vf scale=out_range=pc,format=yuvj420p -c:v mjpeg -q:v 3",
    "surround.mp4": f"{picture()} -f lavfi -i sine=d=2:r=48000,aformat=channel_layouts=5.1 {X264} -c:a aac",
    "still.mp4": f"{picture(seconds=1, rate='25')} -frames:v 1 {X264}",
    "film.mkv": f"{both(rate='24000/1001')} {X264} -bf 2 {AAC}",
    "web.webm": f"{both()} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus",
    "old.avi": f"{both()} -c:v mpeg4 -bf 2 -c:a libmp3lame",
    "broadcast.ts": f"{both(rate='30000/1001')} {X264} -bf 2 {AAC}",
    "flash.flv": f"{both()} {X264} {AAC} -ar 44100",
    "interlaced.mpg": f"{picture(size='320x240', rate='50')} -vf tinterlace=4,fieldorder=tff"
    " -flags +ildct+ilme -c:v mpeg2video",
    "wide.mp4": f"{picture()} -vf setsar=2 {X264}",
    "fast.mp4": f"{picture(rate='100')} {X264}",
    "slow.mp4": f"{picture(rate='2', seconds=4)} {X264}",
    "late.mkv": f"-itsoffset 0.4 {picture()} {SOUND.format(2.4)} {X264} -c:a aac",
    "long-sound.mp4": f"{picture()} {SOUND.format(4)} {X264} {AAC}",
    "theora.ogv": f"{both()} -c:v libtheora -c:a libvorbis",
    "windows.wmv": f"{both()} -c:v wmv2 -c:a wmav2",
    "av1.mp4": f"{picture()} -c:v libsvtav1 -preset 12",
    "seams.mp4": f"{both(seconds=9)} {X264} -g 250 -bf 3 -preset fast {AAC}",
    "seams-short.mp4": f"{both(seconds=5)} {X264} {AAC}",
    "seams.ts": f"{both(seconds=9)} {X264} -g 60 -bf 2 {AAC}",
    "seams.webm": f"{picture(seconds=9, size='160x90')} -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 60",
    "seams-uneven.mkv": f"{picture(rate='30', seconds=9)} "
    f"-vf select=gt(random(1)\\,0.3)*not(between(t\\,3.5\\,5.2)),{TREMBLE}"
    f" -fps_mode vfr -enc_time_base 1:1000 {X264} -bf 2 -g 50",
    "sparse.mp4": f"{both(seconds=9)} {X264} -g 75 -sc_threshold 0 -bf 2 {AAC}",
}


@cache
def folder() -> Path:
    """One folder of this person for all workers of a run."""
    path = Path(gettempdir(), f"efir-sources-{Path(PROGRAM).name}")
    path.mkdir(exist_ok=True)
    return path


@cache
def source(name: str) -> Path:
    """The file of that kind."""
    target = folder() / name
    if not target.exists():
        words = [str(source(word)) if word in KINDS else word for word in KINDS[name].split()]
        ffmpeg(*words, "-map_metadata", "-1", "-fflags", "+bitexact", target)
    return target


def ffmpeg(*words: str | Path, read: Path | None = None, log: bool = False) -> bytes:
    """Run ffmpeg; the last word is a target that appears only when complete, or `-`; `read` is descriptor 3.

    Answers its output, or its log if asked.
    """
    *rest, last = words
    part = last if last == "-" else Path(last).with_name(f"part-{id(words)}-{Path(last).name}")
    shell = ["bash", "-c", 'exec "$@" 3<"$0"', str(read)] if read else []
    done = subprocess.run(
        [*shell, PROGRAM, "-nostdin", "-v", "info" if log else "error", "-y", *rest, part],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    if isinstance(part, Path):
        part.rename(last)
    return done.stderr if log else done.stdout
