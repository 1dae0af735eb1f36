from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from efir.adapters.media.video import boxes, commands
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.tracks import join
from efir.domain.processing.ladder import Plan, can_copy_audio, plan
from efir.domain.processing.source_facts import MediaFacts
from efir.ports.processing.media import ChunkOutput, Track
from kit.fixtures.media import Probed
from kit.media.sources import KINDS, PROGRAM, ffmpeg, source

pytestmark = pytest.mark.sampled(every=5)

ALL = [name for name in KINDS if name not in {"sound.mp4", "sparse.mp4"} and not name.startswith("seams")]
SEAMS = ["seams.mp4", "seams.ts", "seams.webm", "seams-uneven.mkv"]
COPIES = ["plain.mp4", "film.mkv", "broadcast.ts", "flash.flv", "surround.mp4", "sparse.mp4"]


def silent(_: float) -> None:
    return


def folder(out: Path, name: str) -> Path:
    (out / name).mkdir()
    return out / name


def scratch_left(out: Path) -> list[Path]:
    return list(out.rglob(".work-*"))


def joined(parts: list[ChunkOutput], rung: int) -> Track:
    tracks = [part.tracks[rung] for part in parts]
    segments = tuple(segment for track in tracks for segment in track.segments)
    return msgspec.structs.replace(tracks[0], segments=segments)


def frames_of(track: Track, out: Path) -> list[str]:
    """One line per decoded frame."""
    whole = join(track, out / f"{track.name}-joined.mp4")
    lines = ffmpeg("-i", whole, "-f", "framemd5", "-").decode().splitlines()
    return [line.rsplit(",", 1)[1].strip() for line in lines if not line.startswith("#")]


def packets(file: Path) -> bytes:
    return ffmpeg("-i", file, "-map", "0:v", "-c", "copy", "-f", "streamhash", "-")


@pytest.mark.parametrize("name", ALL)
async def test_every_kind_becomes_the_planned_frames(
    converter: FfmpegConverter, probed: Probed, out: Path, name: str
) -> None:
    facts = await probed(name)
    chosen = plan(facts)
    parts = [
        await converter.encode_chunk(
            source(name), facts, chosen, ordinal, chosen.rungs[-1:], folder(out, f"c{ordinal}"), silent, fast=True
        )
        for ordinal in range(chosen.chunks)
    ]
    made = joined(parts, 0)
    if chosen.audio:
        await converter.encode_audio(source(name), facts, chosen, folder(out, "sound"), silent)
    rung = chosen.rungs[-1]
    assert (made.width, made.height) == (rung.width, rung.height)
    assert made.codecs.startswith("avc1.")
    assert sum(segment.frames for segment in made.segments) == chosen.frames
    assert abs(float(chosen.seconds) - facts.duration) <= 1 / chosen.rate


def grid(facts: MediaFacts, chosen: Plan, name: str, ordinal: int) -> list[str]:
    """Number and hash of the frames that an encoder would get, by the recipe itself."""
    words = list(commands.encode(PROGRAM, facts, chosen, ordinal, chosen.rungs[:1], fast=False))
    start, end = words.index("-copyts"), words.index("-filter_complex") + 2
    stills = [word for word in words if word in {"[tile]", "[poster]"}]
    sinks = [word for still in stills for word in ("-map", still, "-f", "null", "-")]
    lines = ffmpeg(*words[start:end], *sinks, "-map", "[v0]", "-f", "framemd5", "-", read=source(name)).decode()
    return [",".join(line.split(",")[1:]) for line in lines.splitlines() if line.startswith("0")]


@pytest.mark.parametrize("name", SEAMS)
async def test_chunks_hold_exactly_the_frames_of_one_whole_run(probed: Probed, name: str) -> None:
    facts = await probed(name)
    whole = plan(facts)
    pieces = replace(whole, chunk=whole.segment)
    assert facts.video.vfr == ("uneven" in name)
    assert (whole.chunks, pieces.chunks) == (1, 3)
    assert len(grid(facts, whole, name, 0)) == whole.frames
    assert [line for ordinal in range(3) for line in grid(facts, pieces, name, ordinal)] == grid(facts, whole, name, 0)


async def test_chunks_of_all_rungs_join_to_checked_renditions(
    converter: FfmpegConverter, probed: Probed, out: Path
) -> None:
    facts = await probed("seams-short.mp4")
    large = plan(replace(facts, video=replace(facts.video, width=640, height=360)))
    chosen = replace(large, chunk=large.segment)
    told: list[list[float]] = [[], []]
    parts = [
        await converter.encode_chunk(
            source("seams-short.mp4"),
            facts,
            chosen,
            ordinal,
            chosen.rungs,
            folder(out, f"c{ordinal}"),
            told[ordinal].append,
        )
        for ordinal in range(chosen.chunks)
    ]
    assert [rung.name for rung in chosen.rungs] == ["360p", "240p"]
    assert len(parts) == 2
    assert all(len({part.tracks[rung].init.sha256 for part in parts}) == 1 for rung in (0, 1))
    sound = await converter.encode_audio(source("seams-short.mp4"), facts, chosen, folder(out, "sound"), silent)
    made = [joined(parts, 0), joined(parts, 1)]
    await converter.check(chosen, [*made, sound], folder(out, "check"))
    assert all(values == sorted(values) and values[-1] == 1 for values in told)
    assert all(part.cpu_seconds > 0 for part in parts)

    whole = await converter.make_mp4(made[0], sound, folder(out, "mp4"), silent)
    assert whole.sha256 == sha256(whole.path.read_bytes()).hexdigest()
    kinds = [kind for kind, _, _ in boxes.children(whole.path.read_bytes())]
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    lines = ffmpeg("-i", whole.path, "-map", "0:v", "-f", "framemd5", "-").decode().splitlines()
    assert [line.rsplit(",")[-1].strip() for line in lines if not line.startswith("#")] == frames_of(made[0], out)

    stills = [still for part in parts for still in part.stills]
    assert [still.frame for still in stills if still.kind == "tile"] == list(range(0, chosen.frames, chosen.still_step))
    pictures = await converter.make_pictures(stills, chosen, folder(out, "pictures"))
    assert {(picture.width, picture.height) for picture in pictures.sheets} == {(3 * 160, 90)}
    assert {picture.media_type for picture in pictures.posters} == {"image/webp", "image/jpeg"}
    assert {picture.width for picture in pictures.posters} == {320, 640}
    assert {picture.ordinal for picture in pictures.posters} == {0, 1, 2}
    heads = {picture.file.path.read_bytes()[:4] for picture in pictures.posters}
    assert heads in ({b"RIFF", b"\xff\xd8\xff\xe0"}, {b"RIFF", b"\xff\xd8\xff\xdb"})
    cues = pictures.map.path.read_text().strip().split("\n\n")[1:]
    assert cues[0].startswith("00:00:00.000 --> 00:00:02.000\nstoryboard-0.webp#xywh=0,0,160,90")
    assert cues[-1].startswith("00:00:04.000 --> 00:00:05.")
    assert not scratch_left(out)


@pytest.mark.parametrize("fast", [False, True])
async def test_the_same_work_twice_gives_the_same_bytes(
    converter: FfmpegConverter, probed: Probed, out: Path, *, fast: bool
) -> None:
    """Also where the cap of the bit rate decides, which is where encoders with several threads differ."""
    facts = await probed("film.mkv")
    chosen = plan(facts)
    rungs = [replace(rung, bandwidth=60_000) for rung in chosen.rungs]
    parts = [
        await converter.encode_chunk(source("film.mkv"), facts, chosen, 0, rungs, folder(out, name), silent, fast=fast)
        for name in ("one", "two")
    ]
    digests = [
        [file.sha256 for track in part.tracks for file in (track.init, *(segment.file for segment in track.segments))]
        + [still.file.sha256 for still in part.stills]
        for part in parts
    ]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("name", COPIES)
async def test_a_copy_plays_from_zero_without_gaps(
    converter: FfmpegConverter, probed: Probed, out: Path, name: str
) -> None:
    facts = await probed(name)
    copied = await converter.copy(source(name), facts, folder(out, "copy"), silent)
    assert copied.audio is not None
    frames = sum(segment.frames for segment in copied.video.segments)
    assert frames == facts.video.frames
    assert all(segment.independent for segment in copied.video.segments)
    assert copied.video.segments[0].start_ticks / copied.video.timescale <= 0.1
    end = copied.audio.segments[-1]
    heard = (end.start_ticks + end.ticks) / copied.audio.timescale
    assert heard == pytest.approx(float(plan(facts).seconds), abs=0.1)
    assert copied.audio.sample_rate == (facts.audio.rate if facts.audio and can_copy_audio(facts) else 48_000)
    assert copied.audio.channels == 2
    assert len(frames_of(copied.video, out)) == frames
    (still,) = copied.stills
    assert still.kind == "poster"
    assert still.file.path.read_bytes()[:2] == b"\xff\xd8"


async def test_a_copy_holds_the_packets_of_the_source(converter: FfmpegConverter, probed: Probed, out: Path) -> None:
    facts = await probed("sparse.mp4")
    copied = await converter.copy(source("sparse.mp4"), facts, folder(out, "copy"), silent)
    assert len(copied.video.segments) == 2
    whole = join(copied.video, out / "joined.mp4")
    streams = [
        ffmpeg("-i", file, "-map", "0:v", "-c", "copy", "-f", "streamhash", "-")
        for file in (whole, source("sparse.mp4"))
    ]
    assert streams[0] == streams[1]


async def test_sound_is_stereo_and_as_long_as_the_picture(
    converter: FfmpegConverter, probed: Probed, out: Path
) -> None:
    for name in ("surround.mp4", "late.mkv", "long-sound.mp4"):
        facts = await probed(name)
        chosen = plan(facts)
        track = await converter.encode_audio(source(name), facts, chosen, folder(out, name), silent)
        assert (track.codecs, track.channels, track.sample_rate) == ("mp4a.40.2", 2, 48_000)
        assert track.segments[0].start_ticks == 0
        last = track.segments[-1]
        ends = Fraction(last.start_ticks + last.ticks, track.timescale)
        assert abs(ends - chosen.seconds) < Fraction(1, 20)


async def test_a_turned_picture_stands_upright(converter: FfmpegConverter, probed: Probed, out: Path) -> None:
    facts = await probed("turned.mp4")
    chosen = plan(facts)
    part = await converter.encode_chunk(source("turned.mp4"), facts, chosen, 0, chosen.rungs, folder(out, "c"), silent)
    whole = join(part.tracks[0], out / "whole.mp4")
    turn = "transpose=" + ("cclock" if facts.video.rotation == 90 else "clock")
    compare = f"[0:v]{turn}[a];[a][1:v]ssim=f=-"
    said = ffmpeg("-i", source("plain.mp4"), "-i", whole, "-filter_complex", compare, "-f", "null", "-").decode()
    likeness = [float(line.split("All:")[1].split()[0]) for line in said.splitlines() if "All:" in line]
    assert min(likeness) > 0.85


@pytest.mark.parametrize(
    ("name", "expected"),
    [("hdr.mp4", "color_trc:bt709"), ("bright.mov", "color_range:tv"), ("plain.mp4", "color_space:smpte170m")],
)
async def test_colours_are_ones_that_browsers_show_right(
    converter: FfmpegConverter, probed: Probed, out: Path, name: str, expected: str
) -> None:
    """High range is toned down, full range narrowed, and what nobody named is named by the size of the source."""
    facts = await probed(name)
    chosen = plan(facts)
    part = await converter.encode_chunk(source(name), facts, chosen, 0, chosen.rungs, folder(out, "c"), silent)
    whole = join(part.tracks[0], out / "whole.mp4")
    said = ffmpeg("-i", whole, "-frames:v", "1", "-vf", "showinfo=checksum=0", "-f", "null", "-", log=True)
    assert expected in said.decode()
