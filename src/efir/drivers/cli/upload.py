"""`efir upload`: send files to a server, follow their processing and print where to watch them."""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from efir.drivers.cli.exits import Exit
from efir.drivers.cli.meters import Meter, meter
from efir.drivers.cli.processing import follow
from efir.drivers.cli.remote import UNAUTHORIZED, Patience, Refused, Remote, ServerUnavailable, body, is_address
from efir.drivers.cli.tus import Delivery, FileChanged
from efir.drivers.cli.unfinished import Unfinished

PATIENCE_SECONDS = 300.0
LOST = {"upload-gone", "upload-not-found"}
EXAMPLE = "example: efir upload --url https://video.example --token efir_… holiday.mp4 --title 'By the sea'"


class Faulty(Exception):
    """A failure as one line for the user: the cause, the next step, and the exit code."""

    def __init__(self, line: str, *, code: str, exit_code: Exit) -> None:
        super().__init__(line)
        self.code, self.exit_code = code, exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The requested action, apart from the file itself."""

    title: str | None
    channel: str | None
    visibility: str | None
    wait: bool
    patience: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    parser.epilog = EXAMPLE
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="video files")
    parser.add_argument("--url", help="the server (or EFIR_URL)")
    parser.add_argument("--token", help="an API token or access token (or EFIR_TOKEN)")
    parser.add_argument("--title", help="title of the video; the file's name without it; one file only")
    parser.add_argument("--channel", help="handle of the channel; your own without it")
    parser.add_argument("--visibility", choices=["public", "unlisted", "private"], help="who may watch")
    parser.add_argument("--json", action="store_true", help="one JSON document per file on the standard output")
    parser.add_argument("--no-wait", dest="wait", action="store_false", help="do not follow the processing")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE_SECONDS, metavar="SECONDS", help="go on so long without a network"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> int:
    """Send every file; return the exit code of the first failure, or 0."""
    worst = Exit.OK
    try:
        with Remote(*_destination(arguments, environ)) as remote:
            task = _task(arguments)
            for path in arguments.files:
                try:
                    _show(_publish_file(remote, path, task, environ, as_json=arguments.json), as_json=arguments.json)
                except Faulty as fault:
                    worst = worst or fault.exit_code
                    _complain(fault, path, as_json=arguments.json)
                    if fault.exit_code != Exit.FAILED:
                        break
    except Faulty as fault:
        _complain(fault, None, as_json=arguments.json)
        return fault.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\nefir: stopped; the same command goes on where this one ended\n")
        return Exit.INTERRUPTED
    return worst


def _destination(arguments: argparse.Namespace, environ: Mapping[str, str]) -> tuple[str, str]:
    found = {}
    for name in ("url", "token"):
        found[name] = getattr(arguments, name) or environ.get(f"EFIR_{name.upper()}", "")
        if not found[name]:
            line = f"no {name} is given; pass --{name} or set EFIR_{name.upper()}"
            raise Faulty(line, code=f"{name}-missing", exit_code=Exit.CONFIGURATION)
    if not is_address(found["url"]):
        line = f"{found['url']} is no address; it starts with https:// or http://"
        raise Faulty(line, code="url-invalid", exit_code=Exit.CONFIGURATION)
    if not (found["token"].isascii() and found["token"].isprintable()):
        line = "the token holds characters that no token has; copy it again"
        raise Faulty(line, code="token-invalid", exit_code=Exit.CONFIGURATION)
    return found["url"], found["token"]


def _task(arguments: argparse.Namespace) -> Task:
    if arguments.title is not None and len(arguments.files) > 1:
        line = "--title is for one file; leave it out and the videos are named after their files"
        raise Faulty(line, code="title-for-several", exit_code=Exit.USAGE)
    for path in arguments.files:
        if not path.is_file() or not os.access(path, os.R_OK) or path.stat().st_size == 0:
            line = f"{path} is not a readable file with something in it; check the name"
            raise Faulty(line, code="file-unreadable", exit_code=Exit.USAGE)
    return Task(
        title=arguments.title,
        channel=arguments.channel,
        visibility=arguments.visibility,
        wait=arguments.wait,
        patience=arguments.patience,
    )


def _publish_file(
    remote: Remote, path: Path, task: Task, environ: Mapping[str, str], *, as_json: bool
) -> dict[str, Any]:
    """Send one file, create its video and follow the processing. Raises Faulty."""
    note, size = Unfinished(remote.url, path, environ), path.stat().st_size
    try:
        with meter(path.name, size, quiet=as_json) as shown:
            patience = Patience(task.patience, shown.trouble)
            delivery = Delivery(remote=remote, path=path, size=size, patience=patience, progress=shown.bytes)
            video = _video(remote, delivery.send(note), path, task, patience)
            note.forget()
            state = _follow(remote, video["id"], patience, shown) if task.wait else video["state"]
    except Refused as refusal:
        raise _refusal(refusal) from refusal
    except ServerUnavailable as fault:
        line = f"{fault.detail}; check the network and repeat the command, it goes on where this one ended"
        raise Faulty(line, code="server-away", exit_code=Exit.UNAVAILABLE) from fault
    except (FileChanged, OSError) as error:
        line = f"{path} changed or cannot be read any more ({error}); repeat when it is complete"
        raise Faulty(line, code="file-changed", exit_code=Exit.FAILED) from error
    watch = f"{remote.url}/watch/{video['id']}"
    result = {"file": str(path), "id": video["id"], "title": video["title"], "state": state, "url": watch}
    if task.wait and state != "ready":
        raise _explain_failure(remote, result)
    return result


def _video(remote: Remote, upload_id: str, path: Path, task: Task, patience: Patience) -> dict[str, Any]:
    """Create the video; with the idempotency key, a repeated request returns the existing one."""
    optional = {"channel": task.channel, "visibility": task.visibility}
    wanted = {"upload_id": upload_id, "title": task.title or path.stem}
    wanted |= {name: value for name, value in optional.items() if value is not None}
    key = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    while True:
        try:
            answer = remote.ask("POST", "/api/v1/videos", json=wanted, headers={"Idempotency-Key": key})
        except ServerUnavailable as fault:
            patience.wait_or_raise(fault)
        else:
            return body(answer)


def _follow(remote: Remote, video_id: str, patience: Patience, shown: Meter) -> str:
    patience.progress()
    state = ""
    for report in follow(remote, video_id, patience):
        shown.stage(report)
        state = report.state
    return state


def _refusal(refusal: Refused) -> Faulty:
    if refusal.status == UNAUTHORIZED:
        line = "the server does not accept the token; make a new one in its settings and pass it with --token"
        return Faulty(line, code=refusal.code, exit_code=Exit.CONFIGURATION)
    step = "; repeat the command to begin again" if refusal.code in LOST else ""
    return Faulty(f"{refusal.detail} ({refusal.code}){step}", code=refusal.code, exit_code=Exit.FAILED)


def _explain_failure(remote: Remote, result: dict[str, Any]) -> Faulty:
    """Return why the video is not ready, what may help, and where to watch what exists."""
    try:
        reason = body(remote.ask("GET", f"/api/v1/videos/{result['id']}")).get("failure") or {}
    except (Refused, ServerUnavailable):
        reason = {}
    detail = str(reason.get("detail") or "the server could not process it").rstrip(".")
    code = str(reason.get("code") or "processing-failed")
    step = (
        f"try it again at {remote.url}/studio/{result['id']}" if reason.get("retryable", True) else "send another file"
    )
    watchable = "" if result["state"] == "failed" else f"; what there is can be watched at {result['url']}"
    return Faulty(f"{detail} ({code}); {step}{watchable}", code=code, exit_code=Exit.FAILED)


def _show(result: dict[str, Any], *, as_json: bool) -> None:
    print(json.dumps(result, ensure_ascii=False) if as_json else result["url"], flush=True)


def _complain(fault: Faulty, path: Path | None, *, as_json: bool) -> None:
    if as_json:
        about = {"file": str(path)} if path else {}
        print(json.dumps(about | {"error": {"code": fault.code, "detail": str(fault)}}, ensure_ascii=False), flush=True)
    sys.stderr.write(f"efir: {f'{path}: ' if path else ''}{fault}\n")
