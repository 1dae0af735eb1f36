"""Which jobs make a video: planned all at once after the probe, so that none has to invent the next."""

from typing import Any

import msgspec

from efir.domain.jobs import NewJob, Queue
from efir.domain.media import MediaFacts
from efir.domain.renditions import Plan, can_copy_video
from efir.domain.users import UserId
from efir.domain.videos import VideoId

LADDER = "encode_chunk"
FIRST = ("copy_video", "encode_first")


class Source(msgspec.Struct, frozen=True):
    """What the probe found and decided; every later job carries it."""

    facts: MediaFacts
    plan: Plan


def planned(video_id: VideoId, owner_id: UserId, generation: int, source: Source) -> list[NewJob]:
    """Plan all jobs at once: what can be watched first, then the ladder, then what needs all of it."""
    facts, whole = msgspec.to_builtins(source), float(source.plan.seconds)
    pixels = sum(rung.width * rung.height for rung in source.plan.rungs) / 1e6

    def job(kind: str, **about: Any) -> NewJob:
        given = {"queue": Queue.MEDIA, "facts": facts} | about
        return NewJob(kind=kind, subject=video_id, owner_id=owner_id, generation=generation, **given)

    if can_copy_video(source.facts):
        first = [job("copy_video", queue=Queue.FAST, priority=0, cost=1 + 0.01 * whole)]
    else:
        first = first_encodes(video_id, owner_id, generation, source)
    part = whole / source.plan.chunks
    ladder = [job(LADDER, ordinal=k, cost=max(0.1, 0.4 * part * pixels)) for k in range(source.plan.chunks)]
    return [*first, *ladder, job("finish_video", cost=1 + 0.05 * whole, blocked=True)]


def first_encodes(video_id: VideoId, owner_id: UserId, generation: int, source: Source) -> list[NewJob]:
    """Plan the chunks of the small rung that is watched first."""
    facts, part = msgspec.to_builtins(source), float(source.plan.seconds) / source.plan.chunks
    return [
        NewJob(
            kind="encode_first", subject=video_id, owner_id=owner_id, generation=generation, ordinal=ordinal,
            priority=0, queue=Queue.MEDIA, cost=max(0.1, 0.1 * part), facts=facts,
        )
        for ordinal in range(source.plan.chunks)
    ]  # fmt: skip
