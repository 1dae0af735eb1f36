"""Following and retrying over HTTP: a stream ends when nothing follows, and refusals say why."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from efir.application.jobs.engine import failure_of
from efir.domain.kernel.ids import UserId
from efir.domain.processing.source_facts import (
    MediaFormatRefused,
    MediaWorkFailed,
    MediaWorkStalled,
    RenditionDamaged,
    SandboxUnavailable,
)
from efir.domain.videos.video import MediaRefused, VideoState, is_retryable
from kit.builders import person
from kit.pages.seeds import a_video


async def told(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> list[tuple[str, Any]]:
    """All events of a stream, to its end."""
    async with asyncio.timeout(20):
        answer = await client.get(path, headers=headers | {"accept": "text/event-stream"})
    events = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in answer.text.split("\r\n\r\n") if block
    ]
    return [(event["event"], json.loads(event["data"])) for event in events]


@pytest.mark.parametrize("state", [VideoState.FAILED, VideoState.PLAYABLE, VideoState.READY])
async def test_a_stream_ends_when_nothing_more_will_change(
    client: httpx.AsyncClient, ports: Ports, state: VideoState
) -> None:
    ada = await person(client)
    failure = "" if state is VideoState.READY else "media-work-stalled"
    video = await a_video(ports, UserId(ada.id), state=state, failure=failure)  # type: ignore[arg-type]  # text will do
    path = f"/api/v1/videos/{video}/processing"
    ((event, report),) = await told(client, path, ada.headers)
    assert (event, report["state"], report["ended"], report["eta"]) == ("end", state, True, None)
    assert (report["failure"] or {}).get("code", "") == failure
    assert (await client.get(path, headers=ada.headers)).json() == report


async def test_a_retry_is_told_why_it_is_refused(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await person(client)
    owner: Any = ada.id
    ready = await a_video(ports, owner, state=VideoState.READY)
    again = await client.post(f"/api/v1/videos/{ready}/retry", headers=ada.headers)
    assert (again.status_code, again.json()["code"]) == (409, "video-not-failed")
    for state in (VideoState.UPLOADED, VideoState.PROCESSING, VideoState.PLAYABLE, VideoState.FAILED):
        stopped = await a_video(ports, owner, state=state, failure="job-killed-workers")
        begun = await client.post(f"/api/v1/videos/{stopped}/retry", headers=ada.headers)
        assert (begun.status_code, begun.json()["failure"]) == (200, None)
        again = await client.post(f"/api/v1/videos/{stopped}/retry", headers=ada.headers)
        assert (again.status_code, again.json()["code"]) == (409, "video-in-progress")
        eve = await person(client, f"eve{state}")
        theirs = await client.post(f"/api/v1/videos/{stopped}/retry", headers=eve.headers)
        assert theirs.status_code == 404


@pytest.mark.parametrize(("code", "retryable"), [("media-unreadable", False), ("rendition-damaged", True)])
async def test_a_failure_says_whether_the_same_file_may_do(
    client: httpx.AsyncClient, ports: Ports, code: str, *, retryable: bool
) -> None:
    ada = await person(client)
    owner: Any = ada.id
    video = await a_video(ports, owner, state=VideoState.FAILED, failure=code)
    failure = (await client.get(f"/api/v1/videos/{video}", headers=ada.headers)).json()["failure"]
    assert failure == {"code": code, "detail": code, "retryable": retryable}


def test_every_refusal_asks_for_another_file_and_every_fault_of_ours_for_patience() -> None:
    def all_of(kind: type[MediaRefused]) -> list[type[MediaRefused]]:
        return [kind, *(below for narrower in kind.__subclasses__() for below in all_of(narrower))]

    assert MediaFormatRefused in all_of(MediaRefused)
    assert not any(is_retryable(kind.code) for kind in all_of(MediaRefused))
    faults = [MediaWorkFailed("x"), MediaWorkStalled("x"), SandboxUnavailable("x"), RenditionDamaged("x"), ValueError()]
    told_of = [failure_of(fault, 1)[0] for fault in faults]
    assert all(is_retryable(failure.code) for failure in told_of)
    assert len({failure.detail for failure in told_of}) == len(told_of)
