"""From files that a child wrote to tracks: times put right, measured, hashed, under our own name and owner."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from efir.adapters.media.video import boxes
from efir.adapters.media.video.boxes import BoxesBroken, InitFacts
from efir.adapters.media.video.commands import SHIFT_SECONDS
from efir.domain.processing.source_facts import RenditionDamaged
from efir.domain.processing.timelines import Cut
from efir.ports.processing.media import MediaFile, Segment, Still, Track

READ = 1 << 20


def collect(
    work: Path, name: str, out: Path, *, first: int = 0, rate: tuple[int, int] = (0, 1), foreign: bool = False
) -> Track:
    """Take the track `name` of a workspace over into `out`; its segments are counted from `first`.

    The packets of a `foreign` encoder are looked at more closely.

    Raises RenditionDamaged when a file is not what it should be.
    """
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    init_bytes = _read_plain_file(work / f"{name}_init.mp4", name, -1)
    try:
        init = boxes.read_init(init_bytes)
    except BoxesBroken as error:
        raise RenditionDamaged(str(error), track=name) from error
    taken = []
    for number, file in enumerate(sorted(work.glob(f"{name}_*.m4s"))):
        ordinal = first + number
        data = bytearray(_read_plain_file(file, name, ordinal))
        try:
            boxes.rebase(data, SHIFT_SECONDS * init.timescale, ordinal + 1)
            taken.append(_segment(data, init, ordinal, folder / f"{ordinal:05d}.m4s", foreign=foreign))
        except BoxesBroken as error:
            raise RenditionDamaged(str(error), track=name, ordinal=ordinal) from error
        file.unlink()
    if not taken:
        raise RenditionDamaged("nothing was made", track=name)
    return track(name, init, write(folder / "init.mp4", init_bytes), tuple(taken), rate)


def track(name: str, init: InitFacts, file: MediaFile, segments: tuple[Segment, ...], rate: tuple[int, int]) -> Track:
    """Describe a track by what its init file says."""
    return Track(
        name=name,
        kind=init.kind,
        codecs=init.codecs,
        timescale=init.timescale,
        init=file,
        segments=segments,
        width=init.width,
        height=init.height,
        rate_num=rate[0],
        rate_den=rate[1],
        channels=init.channels,
        sample_rate=init.sample_rate,
    )


def stills(work: Path, kind: str, out: Path, frames: Sequence[int]) -> tuple[Still, ...]:
    """Take JPEG frames over; `frames` are their places in the video, in order."""
    found = []
    for frame, file in zip(frames, sorted(work.glob(f"{kind}_*.jpg")), strict=False):
        target = out / f"{kind}-{frame:08d}.jpg"
        found.append(Still(kind=kind, frame=frame, file=write(target, _read_plain_file(file, kind, frame))))
    return tuple(found)


def cuts(of: Track) -> list[Cut]:
    """Return the numbers of a track's segments."""
    return [
        Cut(
            ordinal=segment.ordinal,
            start_ticks=segment.start_ticks,
            ticks=segment.ticks,
            frames=segment.frames,
            independent=segment.independent,
        )
        for segment in of.segments
    ]


def reread(of: Track) -> list[Cut]:
    """Read a track's files anew: digests must match, and the numbers come from the bytes. Raises RenditionDamaged."""
    init = boxes.read_init(_matching(of.init, of.name, -1))
    found = []
    for segment in of.segments:
        data = _matching(segment.file, of.name, segment.ordinal)
        try:
            facts = boxes.read_segment(data, init)
        except BoxesBroken as error:
            raise RenditionDamaged(str(error), track=of.name, ordinal=segment.ordinal) from error
        found.append(
            Cut(
                ordinal=segment.ordinal,
                start_ticks=facts.start_ticks,
                ticks=facts.ticks,
                frames=facts.samples,
                independent=facts.independent,
            )
        )
    return found


def join(of: Track, target: Path) -> Path:
    """Write init and segments into one file that a demuxer reads as a whole."""
    with target.open("wb") as whole:
        for file in (of.init, *(segment.file for segment in of.segments)):
            with file.path.open("rb") as part:
                while data := part.read(READ):
                    whole.write(data)
    return target


def sample_track(of: Track, phase: int = 0, step: int = 2) -> Track:
    """Keep one segment of `step`, from number `phase` on; the whole track when that leaves none."""
    return msgspec.structs.replace(of, segments=of.segments[phase % step :: step] or of.segments)


def write(target: Path, data: bytes | bytearray) -> MediaFile:
    """Write a file of ours and measure it."""
    target.write_bytes(data)
    return MediaFile(path=target, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def measure(path: Path) -> MediaFile:
    """Size and digest of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return MediaFile(path=path, size=os.fstat(file.fileno()).st_size, sha256=digest)


def _segment(data: bytearray, init: InitFacts, ordinal: int, target: Path, *, foreign: bool) -> Segment:
    facts = boxes.read_segment(data, init, foreign=foreign)
    return Segment(
        ordinal=ordinal,
        file=write(target, data),
        start_ticks=facts.start_ticks,
        ticks=facts.ticks,
        frames=facts.samples,
        independent=facts.independent,
    )


def _matching(file: MediaFile, name: str, ordinal: int) -> bytes:
    data = _read_plain_file(file.path, name, ordinal)
    if len(data) != file.size or hashlib.sha256(data).hexdigest() != file.sha256:
        raise RenditionDamaged("bytes differ from what was made", track=name, ordinal=ordinal)
    return data


def _read_plain_file(file: Path, name: str, ordinal: int) -> bytes:
    """Read a plain file; a child could have left a link instead. Raises RenditionDamaged."""
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise RenditionDamaged("missing", track=name, ordinal=ordinal) from error
    with os.fdopen(fd, "rb") as opened:
        return opened.read()
