"""Posters, storyboard sheets and their map, drawn by libvips in a confined child."""

import asyncio
import shutil
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from efir.adapters.media.confinement import confined_process, sandbox
from efir.adapters.media.video import tracks
from efir.domain.processing.ladder import Plan
from efir.domain.processing.source_facts import MediaWorkFailed
from efir.ports.processing.media import MediaFile, Picture, Pictures, Still

ACROSS = 5
PER_SHEET = ACROSS * ACROSS
POSTER_SIZES = (320, 640, 1280)
WALL_SECONDS = 120
MEMORY = 1536 << 20
FILE_BYTES = 64 << 20


async def make_pictures(box: sandbox.Sandbox, stills: Sequence[Still], plan: Plan, out: Path) -> Pictures:
    """See MediaConverter."""
    ordered = sorted(stills, key=lambda still: (still.kind, still.frame))
    tiles = [still for still in ordered if still.kind == "tile"]
    posters = [still for still in ordered if still.kind == "poster"]
    if not posters:
        raise MediaWorkFailed("no stills to draw from")
    with confined_process.workspace(box, out) as work:
        order = {"across": ACROSS, "sizes": POSTER_SIZES}
        order |= {"tiles": _lend_stills(tiles, work), "posters": _lend_stills(posters, work)}
        task = confined_process.Task(
            argv=(*sandbox.python(), "efir.adapters.media.video.poster_worker", msgspec.json.encode(order).decode()),
            work=work,
            limits=sandbox.Limits(memory=MEMORY, cpu=WALL_SECONDS, file=FILE_BYTES),
            wall=WALL_SECONDS,
        )
        done = await confined_process.run(box, task)
        if done.code:
            raise MediaWorkFailed(f"drawing ended with {done.code}: {done.complaint}")
        listed: list[dict[str, Any]] = msgspec.json.decode(done.output)
        made = await asyncio.to_thread(lambda: [_picture(work, entry, out) for entry in listed])
    return Pictures(
        posters=tuple(picture for picture in made if picture.kind == "poster"),
        sheets=tuple(picture for picture in made if picture.kind == "storyboard"),
        map=storyboard_map(plan, [still.frame for still in tiles], out),
    )


def storyboard_map(plan: Plan, frames: Sequence[int], out: Path) -> MediaFile:
    """WebVTT that names, for each stretch of time, its rectangle of a sheet beside the map."""
    lines = ["WEBVTT", ""]
    for place, (frame, after) in enumerate(pairwise([*frames, plan.frames])):
        sheet, cell = divmod(place, PER_SHEET)
        left, top = cell % ACROSS * plan.still_width, cell // ACROSS * plan.still_height
        area = f"{left},{top},{plan.still_width},{plan.still_height}"
        lines += [
            f"{_clock(frame / plan.rate)} --> {_clock(after / plan.rate)}",
            f"storyboard-{sheet}.webp#xywh={area}",
            "",
        ]
    return tracks.write(out / "storyboard.vtt", "\n".join(lines).encode())


def _clock(seconds: Fraction) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{milliseconds:03d}"


def _lend_stills(stills: Sequence[Still], work: Path) -> list[str]:
    for still in stills:
        (work / still.file.path.name).touch(mode=0o644)
        shutil.copyfile(still.file.path, work / still.file.path.name)
    return [still.file.path.name for still in stills]


def _picture(work: Path, entry: dict[str, Any], out: Path) -> Picture:
    file = confined_process.keep(work / entry["name"], out / entry["name"])
    return Picture(
        kind=entry["kind"],
        ordinal=entry["ordinal"],
        media_type=entry["media_type"],
        width=entry["width"],
        height=entry["height"],
        file=tracks.measure(file),
    )
