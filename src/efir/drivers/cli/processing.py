"""Following the processing of a video by server-sent events, across any number of lost connections."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from efir.drivers.cli.remote import Patience, Refused, Remote, ServerUnavailable

ENDED = {"ready", "failed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Processing:
    """One report: the video's state, its progress (0 to 1), the current stage, and whether it is the last report."""

    state: str
    progress: float
    stage: str
    ended: bool


def follow(remote: Remote, video_id: str, patience: Patience) -> Iterator[Processing]:
    """Yield reports until the video is ready, has failed or makes no further progress.

    Raises Refused, and ServerUnavailable when patience is exhausted.
    """
    path, last_id = f"/api/v1/videos/{video_id}/processing", ""
    while True:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last_id} if last_id else {})}
        try:
            with remote.listen(path, headers=headers) as response:
                for event_id, data in _events(response, last_id):
                    last_id = event_id
                    patience.progress()
                    report = _report(data)
                    yield report
                    if report.ended:
                        return
            fault = ServerUnavailable("the server closed the stream of events")
        except ServerUnavailable as lost:
            fault = lost
        patience.wait_or_raise(fault)


def _events(response: httpx.Response, last_id: str) -> Iterator[tuple[str, str]]:
    """Parse server-sent events; comments and events without data are skipped."""
    lines: list[str] = []
    for line in response.iter_lines():
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "id":
            last_id = value
        elif field == "data":
            lines.append(value)
        elif not line and lines:
            yield last_id, "\n".join(lines)
            lines = []


def _report(text: str) -> Processing:
    try:
        data = json.loads(text)
        running = [str(stage["name"]) for stage in data.get("stages") or [] if stage["state"] == "running"]
        progress = float(data.get("progress") or 0)
        state, stage = str(data["state"]), running[0] if running else ""
        ended = state in ENDED or bool(data.get("ended"))  # older servers do not send it
        return Processing(state=state, progress=progress, stage=stage, ended=ended)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise Refused(200, "not-efir", "the server's reports are not those of Efir; check the address") from error
