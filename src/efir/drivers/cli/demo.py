"""`efir demo`: a user and two clips made by ffmpeg, added through the public API like any other client."""

import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from efir.drivers.cli.arguments import changes, command_parser
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed
from efir.drivers.cli.remote import Patience, Refused, Remote, ServerUnavailable, body
from efir.drivers.cli.tus import Delivery
from efir.drivers.cli.unfinished import Unfinished

NICKNAME = "demo"
KEPT = "demo.json"
SECONDS = 8
PATIENCE = 60.0
TOKEN_LIFE = 3600
CLIPS = {
    "test-card.mp4": (
        "Test card",
        "Colours, a counter and a tone: H.264 and AAC.",
        ("testsrc2=size=1280x720:rate=30", "sine=frequency=440:sample_rate=48000"),
        ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"),
    ),
    "mandelbrot.webm": (
        "Into the Mandelbrot set",
        "A dive into a fractal with a slow chord: VP9 and Opus.",
        ("mandelbrot=size=640x360:rate=25", "aevalsrc='0.2*(sin(220*2*PI*t)+sin(277*2*PI*t)+sin(330*2*PI*t))':s=48000"),
        ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "800k", "-c:a", "libopus"),
    ),
}


@dataclass(frozen=True, slots=True)
class Demo:
    """The server, the directory that records what was created there, and the ffmpeg that creates clips."""

    url: str
    home: Path
    ffmpeg: str


@dataclass(slots=True)
class Kept:
    """What was created: the user's name and password, and the videos by clip."""

    path: Path
    nickname: str
    password: str
    videos: dict[str, str]

    def save(self) -> None:
        """Save it, readable for this user alone, completely or not at all."""
        draft = self.path.with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"nickname": self.nickname, "password": self.password, "videos": self.videos}, file)
        draft.replace(self.path)


def demo_arguments(argv: Sequence[str]) -> tuple[dict[str, object], str]:
    """Parse the flags: settings, and the URL of the server."""
    parser = command_parser(
        "demo",
        "Add a person and two sample videos to a running server; what is there already stays.",
        example="efir demo",
    )
    parser.add_argument("--url", default="", help="the server (default: the one of the settings)")
    parsed = parser.parse_args(argv)
    return changes(parsed), parsed.url


def fill(demo: Demo) -> None:
    """Create what is missing and print its addresses; a second run finds everything and creates nothing.

    Raises CommandFailed.
    """
    try:
        kept = _load_kept(demo)
        token = _token(demo, kept)
        with Remote(demo.url, token) as remote, tempfile.TemporaryDirectory(prefix="efir-demo-") as room:
            for name in CLIPS:
                if not _is_there(remote, kept.videos.get(name)):
                    kept.videos[name] = publish(remote, _clip(demo.ffmpeg, Path(room), name), *CLIPS[name][:2])
                    kept.save()
    except (Refused, ServerUnavailable, httpx.HTTPError) as error:
        step = "see that the server is running and start `efir demo` again"
        raise CommandFailed(f"the server at {demo.url} did not play along: {error}", step, Exit.UNAVAILABLE) from error
    for name, video in kept.videos.items():
        print(f"demo: {CLIPS[name][0]}: {demo.url}/watch/{video}", flush=True)
    print(f"demo: sign in as {kept.nickname} with the password {kept.password}", flush=True)


def publish(remote: Remote, clip: Path, title: str, description: str) -> str:
    """Upload a file and publish it; return the video's id."""
    patience = Patience(PATIENCE, lambda _trouble: None)
    delivery = Delivery(
        remote=remote, path=clip, size=clip.stat().st_size, patience=patience, progress=lambda _sent: None
    )
    upload = delivery.send(Unfinished(remote.url, clip, {"HOME": str(clip.parent)}))
    wanted = {"upload_id": upload, "title": title, "description": description, "tags": ["demo"], "visibility": "public"}
    return str(body(remote.ask("POST", "/api/v1/videos", json=wanted))["id"])


def _load_kept(demo: Demo) -> Kept:
    """Return what an earlier run created on this server, or a new record."""
    path = demo.home / KEPT
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Kept(path, str(found["nickname"]), str(found["password"]), dict(found["videos"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Kept(path, "", "", {})


def _token(demo: Demo, kept: Kept) -> str:
    """Sign in, as a new user if necessary, and return a short-lived API token."""
    with httpx.Client(base_url=demo.url, timeout=PATIENCE) as client:
        answer = _login(client, kept) if kept.nickname else None
        if answer is None:
            _register(client, kept)
            answer = _login(client, kept)
        if answer is None:
            raise Refused(401, "wrong-credentials", "the new person cannot sign in")
        asked = {"name": "efir demo", "scopes": ["videos.write", "account.read"], "expires_in": TOKEN_LIFE}
        headers = {"X-CSRF-Token": str(answer["csrf_token"]), "Origin": demo.url}
        made = client.post("/api/v1/users/me/tokens", json=asked, headers=headers).raise_for_status()
        return str(made.json()["token"])


def _login(client: httpx.Client, kept: Kept) -> dict[str, Any] | None:
    answer = client.post("/api/v1/auth/login", json={"login": kept.nickname, "password": kept.password})
    return None if answer.is_client_error else dict(answer.raise_for_status().json())


def _register(client: httpx.Client, kept: Kept) -> None:
    """Register `demo` or, when that name is taken, `demo-` with a random suffix."""
    kept.password, kept.videos = secrets.token_urlsafe(12), {}
    for kept.nickname in (NICKNAME, f"{NICKNAME}-{secrets.token_hex(3)}"):
        person = {
            "email": f"{kept.nickname}@example.org",
            "nickname": kept.nickname,
            "display_name": "Demo",
            "password": kept.password,
        }
        answer = client.post("/api/v1/users", json=person)
        if answer.is_success:
            kept.save()
            return
        if answer.status_code != httpx.codes.CONFLICT:
            break
    answer.raise_for_status()


def _is_there(remote: Remote, video: str | None) -> bool:
    if video is None:
        return False
    try:
        remote.ask("GET", f"/api/v1/videos/{video}")
    except Refused:
        return False
    return True


def _clip(ffmpeg: str, room: Path, name: str) -> Path:
    """Create a clip and return its path. Raises CommandFailed when ffmpeg fails."""
    _, _, (picture, sound), codecs = CLIPS[name]
    target = room / name
    sources = ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound)
    command = [ffmpeg, "-nostdin", "-v", "error", "-y", *sources, "-t", str(SECONDS), *codecs, str(target)]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise CommandFailed(f"ffmpeg does not run ({error.strerror})", "see `efir doctor`", Exit.UNAVAILABLE) from error
    if made.returncode:
        cause = (made.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise CommandFailed(f"ffmpeg could not make a clip: {cause}", "see `efir doctor`", Exit.UNAVAILABLE)
    return target
