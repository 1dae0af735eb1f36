"""Strict readers of others take every playlist of a video at every moment of its life, and so does RFC 8216."""

import json
import math
import re
from fractions import Fraction
from itertools import accumulate, combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import m3u8
import pytest

from efir.application.context import Ports
from efir.application.jobs.engine import run_next
from efir.application.videos.media_files import MediaNotFound
from efir.bootstrap.wiring.work import WORK
from efir.domain.jobs import Queue
from kit import clips, npm
from kit.playlists import Lists, addresses, text_at
from kit.published_videos import Published, shown

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
CODECS = re.compile(r"avc1\.[0-9A-Fa-f]{6}(,mp4a\.40\.2)?")
READ = """
import { Parser } from "m3u8-parser";
import { readFileSync } from "node:fs";
const found = {};
for (const [name, text] of Object.entries(JSON.parse(readFileSync(process.argv[2], "utf8")))) {
  const parser = new Parser({ uri: name });
  const troubles = [];
  parser.on("warn", ({ message }) => troubles.push(message));
  parser.push(text);
  parser.end();
  found[name] = { ...parser.manifest, troubles };
}
console.log(JSON.stringify(found));
"""


def sparse(*, mono: bool = False) -> Path:
    """H.264 with a key frame every nine seconds, which is copied as it is."""
    picture = clips.PICTURE.format(size="64x48", rate="30000/1001", seconds=31)
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", clips.SOUND.format(seconds=31)]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "270", "-sc_threshold", "0"]
    return clips.made("sparse.mp4", *inputs, *codecs, "-c:a", "aac", "-ac", "1" if mono else "2")


def varying() -> Path:
    """H.264 at ten frames a second, then at thirty, which is copied as it is."""
    slow = "testsrc2=size=64x48:rate=30:duration=24,select='if(lt(t,12),not(mod(n,3)),1)'"
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "30", "-fps_mode", "vfr"]
    return clips.made("varying.mp4", "-f", "lavfi", "-i", slow, *codecs)


SOURCES = {
    "copied": lambda: clips.h264(seconds=50, size="64x48", rate=10),
    "encoded": lambda: clips.webm(seconds=50, size="64x48", rate=10),
    "sparse": sparse,
    "mono": lambda: sparse(mono=True),
    "silent": lambda: clips.h264(seconds=9, size="64x48", sound=False),
    "short": lambda: clips.h264(seconds=1, size="64x48"),
    "varying": varying,
}


@pytest.mark.parametrize("source", SOURCES)
async def test_every_list_of_a_video_is_right_at_every_moment(
    ports: Ports, publish: Published, tmp_path: Path, source: str
) -> None:
    video = await publish(SOURCES[source]())
    lists, moments = Lists(ports, video.id), list[dict[str, str]]()
    while any(
        [await run_next(ports, WORK.jobs, queue=queue, worker="w", told=lambda *_: None) for queue in reversed(Queue)]
    ):
        await lists.look(1)
        moment = await texts(ports, video.id)
        if moment and moment not in moments:
            await strictly_right(ports, video.id, moment)
            moments.append(moment)
    assert (await shown(ports, video.id)).state == "ready"
    for moment in moments:
        understood(moment, tmp_path)
    masters = [moment["master.m3u8"] for moment in moments]
    if source == "mono":
        assert 'CHANNELS="1"' in masters[0]
    if source == "varying":
        assert "FRAME-RATE=30.000" in masters[0]
    if source == "encoded":
        assert any("EXT-X-ENDLIST" not in moment.get("first/index.m3u8", "EXT-X-ENDLIST") for moment in moments)


async def texts(ports: Ports, video_id: UUID) -> dict[str, str]:
    """The master and all that it names; nothing before there is one."""
    try:
        master = await text_at(ports, video_id, 1, "master.m3u8")
    except MediaNotFound:
        return {}
    named = {name: await text_at(ports, video_id, 1, name) for name in addresses(master)}
    return {"master.m3u8": master} | named


async def strictly_right(ports: Ports, video_id: UUID, moment: dict[str, str]) -> None:
    """Hold what is declared against the segments themselves."""
    master = m3u8.M3U8(moment["master.m3u8"], strict=True)
    lists = {name: m3u8.M3U8(text, strict=True) for name, text in moment.items() if name != "master.m3u8"}
    assert master.is_variant
    assert master.is_independent_segments
    (target,) = {one.target_duration for one in lists.values()}
    for name, one in lists.items():
        assert (one.is_independent_segments, one.media_sequence or 0, len(one.segment_map)) == (True, 0, 1), name
        assert one.playlist_type == ("event" if name.startswith("first/") else "vod")
        assert one.is_endlist or one.playlist_type == "event"
        assert all(math.floor(segment.duration + 0.5) <= target for segment in one.segments)
        assert not any(segment.discontinuity for segment in one.segments)
    sounds = [media for media in master.media if media.type == "AUDIO"]
    assert len({(sound.group_id, sound.name) for sound in sounds}) == len(sounds) <= 1
    assert all((sound.default, sound.autoselect) == ("YES", "YES") for sound in sounds)
    rates = {name: await declared(ports, video_id, name, one, target) for name, one in lists.items()}
    beside = [rates[sound.uri] for sound in sounds]
    for variant in master.playlists:
        about = variant.stream_info
        assert CODECS.fullmatch(about.codecs)
        assert ("mp4a" in about.codecs) is bool(sounds)
        assert about.audio == (sounds[0].group_id if sounds else None)
        peaks, means = zip(rates[variant.uri], *beside, strict=True)
        assert about.bandwidth == sum(peaks)
        assert about.average_bandwidth == sum(means)
    assert set(re.findall(r"FRAME-RATE=([^,\n]+)", moment["master.m3u8"])) == {
        f"{variant.stream_info.frame_rate:.3f}" for variant in master.playlists
    }


async def declared(ports: Ports, video_id: UUID, name: str, one: Any, target: int) -> tuple[int, int]:
    """Peak and mean bit rate by the RFC's words, from the files."""
    async with ports.read() as views:
        row = next(row for row in await views.renditions.of_video(video_id, 1) if name == f"{row.name}/index.m3u8")
        segments = (await views.renditions.segments(row.id))[: len(one.segments)]
    if not one.is_endlist:  # the master is made of what is there, which may be more than what is listed
        return row.bandwidth, row.average_bandwidth
    times = [0, *accumulate(Fraction(segment.ticks, row.timescale) for segment in segments)]
    sizes = [0, *accumulate(segment.size for segment in segments)]
    runs = [
        (sizes[end] - sizes[first]) * 8 / (times[end] - times[first])
        for first, end in combinations(range(len(times)), 2)
        if Fraction(target, 2) <= times[end] - times[first] <= Fraction(3 * target, 2)
    ]
    mean = sizes[-1] * 8 / times[-1]
    return math.ceil(max(runs, default=mean)), math.ceil(mean)


def understood(moment: dict[str, str], room: Path) -> None:
    """A parser that many players are built on reads the same, and has nothing to say."""
    (room / "lists.json").write_text(json.dumps(moment))
    found = json.loads(npm.run(READ, str(room / "lists.json"), folder=HERE))
    for name, manifest in found.items():
        assert manifest["troubles"] == [], name
        text = moment[name]
        assert len(manifest["segments"]) == text.count("#EXTINF:")
        assert bool(manifest.get("endList")) is ("#EXT-X-ENDLIST" in text)
    variants = found["master.m3u8"]["playlists"]
    assert {variant["uri"] for variant in variants} <= moment.keys()
