"""Facts about a file from a confined look into it."""

import asyncio
import os
from pathlib import Path
from typing import Any

import msgspec

from efir.adapters.media.confinement import confined_process, sandbox
from efir.adapters.media.inspection.formats import headers, matroska
from efir.adapters.media.inspection.refusals import DOLBY_VISION, SOUND_CODEC, check_clock, refusal
from efir.domain.kernel import limits as bounds
from efir.domain.processing import source_facts
from efir.domain.processing.source_facts import AudioFacts, MediaFacts, VideoFacts

WHOLE = 0.9  # of the promised length: less is a file cut short, as far as its containers tell
LONG, MIN_SOUND_BITRATE = 600, 50  # seconds; bits a second: silence needs more, so a damaged header tells the length
READ_BYTES_PER_SECOND = 20_000_000
TAIL_SECONDS = 0.1
KILLED = 128
MEMORY = 2 << 30


class ConfinedProbe:
    """MediaProbe by PyAV in a confined child."""

    def __init__(self, box: sandbox.Sandbox, limits: bounds.Limits, *, scratch: Path) -> None:
        self._box = box
        self._limits = limits
        self._scratch = scratch

    async def probe(self, source: Path) -> MediaFacts:
        """See MediaProbe."""
        head, size, cut = await asyncio.to_thread(_head, source)
        demuxer = headers.demuxer(head)
        raw = await self._look(
            source, demuxer, size, matroska.find_disabled_tracks(head) if demuxer == "matroska" else []
        )
        if "refused" in raw:
            raise refusal(raw)
        source_facts.admit_size(raw["width"], raw["height"], self._limits)
        if cut:
            _admit_length(raw)
        found = facts(raw, demuxer, size)
        check_clock(raw, found.duration, self._limits)
        return source_facts.admit(found, self._limits)

    async def _look(self, source: Path, demuxer: str, size: int, disabled: list[int]) -> dict[str, Any]:
        limits = self._limits
        order = {"format": demuxer, "side": limits.source_side, "pixels": limits.source_pixels, "disabled": disabled}
        seconds = limits.probe_seconds + size // READ_BYTES_PER_SECOND
        with confined_process.workspace(self._box, self._scratch) as work:
            task = confined_process.Task(
                argv=(
                    *sandbox.python(),
                    "efir.adapters.media.inspection.probe_worker",
                    msgspec.json.encode(order).decode(),
                ),
                work=work,
                inputs=(source,),
                limits=sandbox.Limits(memory=MEMORY, cpu=2 * seconds, file=0),
                wall=seconds,
            )
            try:
                done = await confined_process.run(self._box, task)
            except source_facts.MediaWorkStalled as error:
                raise source_facts.MediaTooHeavy from error
        if done.code:
            # a parser that crashes or runs out of bounds was fed with something made for that, or with rubbish
            raise (
                source_facts.MediaTooHeavy
                if done.code > KILLED or "MemoryError" in done.complaint
                else _explain_failure(done)
            )
        found: dict[str, Any] = msgspec.json.decode(done.output)
        return found


def _head(source: Path) -> tuple[bytes, int, bool]:
    """Return the first bytes, the size, and whether the container says that it is larger than the file."""
    with source.open("rb") as file:
        head, size = file.read(headers.SNIFF), os.fstat(file.fileno()).st_size
        if headers.is_encrypted(head):
            raise source_facts.MediaEncrypted
        return head, size, headers.is_cut(file, size)


def _admit_length(raw: dict[str, Any]) -> None:
    """Refuse what is left of a file cut short when much of it is missing. Raises MediaUnreadable."""
    sound = raw["sound"]
    end = max(raw["end"], raw["furthest"] - raw["origin"], sound["end"] if sound else 0.0)
    if end < WHOLE * raw["promised"] - 0.2:
        there = f"{end:.1f} of {raw['promised']:.1f} seconds are there"
        raise source_facts.MediaUnreadable(f"The file is cut short: {there}. Send the whole file.")


def facts(raw: dict[str, Any], demuxer: str, size: int) -> MediaFacts:
    """Turn raw measurements into facts. Raises MediaCodecRefused."""
    if raw["dolby_vision"]:
        raise source_facts.MediaCodecRefused(DOLBY_VISION)
    sound = raw["sound"]
    audio = None if sound is None or not sound["packets"] else _audio(sound, raw["sounds"], raw["settled"])
    end = max(raw["end"], audio.start + audio.duration if audio else 0.0)
    duration = raw["end"] if end < raw["end"] + TAIL_SECONDS else end
    return MediaFacts(
        container=demuxer,
        size=size,
        duration=duration,
        streams=raw["streams"],
        video=_video(raw, duration),
        audio=audio,
        origin=raw["origin"],
        corrections=tuple(tuple(map(tuple, table)) for table in raw["corrections"]),
    )


def _video(raw: dict[str, Any], duration: float) -> VideoFacts:
    wide, tall = raw["sar"]
    width, height = max(1, round(raw["width"] * wide / tall)), raw["height"]
    if raw["rotation"] in {90, 270}:
        width, height = height, width
    return VideoFacts(
        codec=raw["codec"],
        profile=raw["profile"],
        level=raw["level"],
        pix_fmt=raw["pix_fmt"],
        width=width,
        height=height,
        coded_width=raw["width"],
        coded_height=raw["height"],
        square_pixels=wide == tall,
        rotation=raw["rotation"],
        rate_num=raw["rate"][0],
        rate_den=raw["rate"][1],
        vfr=raw["vfr"],
        interlaced=raw["interlaced"],
        hdr=raw["hdr"],
        matrix=raw["matrix"],
        full_range=raw["full_range"],
        track=raw["picture"],
        end=raw["end"],
        cropped=raw["cropped"],
        flipped=raw["flipped"],
        resized=raw["resized"],
        mixed_shapes=raw["mixed_shapes"],
        mixed_colours=raw["mixed_colours"],
        edited=raw["edited"],
        delay=raw["delay"],
        primaries=raw["primaries"],
        alpha=raw["alpha"],
        frames=raw["frames"],
        start=raw["start"],
        longest_frame=max(raw["longest_frame"], raw["start"], duration - raw["end"]),
        keyframe_spacing=raw["keyframe_spacing"],
        bitrate=round(raw["bytes"] * 8 / max(raw["end"] - raw["start"], 0.01)),
    )


def _audio(sound: dict[str, Any], tracks: list[int], settled: list[list[int] | None]) -> AudioFacts:
    if sound["codec"] not in source_facts.AUDIO_CODECS:
        raise source_facts.MediaCodecRefused(SOUND_CODEC) if sound["codec"] else source_facts.MediaSoundUnreadable
    if not sound["opens"]:
        raise source_facts.MediaSoundUnreadable
    length = max(0.0, sound["end"] - sound["start"])
    if length > LONG and sound["bytes"] * 8 < MIN_SOUND_BITRATE * length:
        raise source_facts.MediaSoundUnreadable
    return AudioFacts(
        codec=sound["codec"],
        profile=sound["profile"],
        channels=sound["channels"],
        rate=sound["rate"],
        start=sound["start"],
        duration=length,
        bitrate=round(sound["bytes"] * 8 / max(length, 0.01)),
        tracks=tuple(tracks),
        layout=sound["layout"],
        speakers=tuple(sound["speakers"]),
        gaps=sound["gaps"],
        settled=tuple(tuple(one or ()) for one in settled),
    )


def _explain_failure(done: confined_process.Finished) -> Exception:
    return source_facts.MediaWorkFailed(f"probe ended with {done.code}: {done.complaint}")
