"""What a person leaves in a running Efir through its published port, and how it is found again."""

import hashlib
import io
import math
import struct
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx

from efir.drivers.cli.demo import publish
from efir.drivers.cli.remote import Remote
from kit import clips

PASSWORD = "a long quiet evening"
PATIENCE = 120.0
PARTS = {"video": "/api/v1/videos", "quiz": "/quiz", "audio": "/music-add"}


@dataclass
class Left:
    """Where one thing is and what its bytes, or its words, were."""

    where: str
    what: str


def awaited(ask: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true; raises TimeoutError with what was waited for."""
    until = time.monotonic() + PATIENCE
    while not (answer := ask()):
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.25)
    return answer


def ready(client: httpx.Client) -> bool:
    """Tell whether the service and all it needs answers."""
    try:
        answer = client.get("/readyz")
        return answer.status_code == httpx.codes.OK and answer.json()["status"] == "ok"
    except httpx.TransportError:
        return False


def offered(client: httpx.Client) -> set[str]:
    """Answer which of the parts this Efir has."""
    paths = _good(client.get("/openapi.json"))["paths"]
    return {part for part, path in PARTS.items() if path in paths}


def video(client: httpx.Client) -> Left:
    """Register, take a token, upload a clip, wait until it can be watched and play some of it."""
    person = {"email": "ada@example.org", "nickname": "ada", "password": PASSWORD}
    _good(client.post("/api/v1/users", json=person), 201)
    token = _signed_in(client)
    with Remote(str(client.base_url), token) as remote:
        number = publish(remote, clips.h264(), "From a container", "Bars and a tone.")
    address = f"/api/v1/videos/{number}"
    awaited(lambda: _processed(_good(client.get(address))), "the worker makes the video ready")
    return Left(address, _played(client, address))


def same_video(client: httpx.Client, left: Left) -> bool:
    """Tell whether the person can still sign in and the video plays the same bytes."""
    _signed_in(client)
    return _played(client, left.where) == left.what


def quiz(client: httpx.Client) -> Left:
    """Ask for a question twice: the answer is always the one that was saved before."""
    if _good(client.post("/quiz", json={"questions_num": 1})) != {}:
        raise AssertionError("a new service answers an empty object first")
    question = _good(client.post("/quiz", json={"questions_num": 1}))
    address = f"/api/v1/quiz/questions/{question['id']}"
    return Left(address, question["question"])


def same_quiz(client: httpx.Client, left: Left) -> bool:
    """Tell whether the question is stored and the chain of answers goes on."""
    following = _good(client.post("/quiz", json={"questions_num": 1}))
    return bool(following["question"]) and _good(client.get(left.where))["question"] == left.what


def audio(client: httpx.Client) -> Left:
    """Send a recording as the seeds say, and follow the link of the answer."""
    user = _good(client.post("/user", json={"name": "Ada"}), 201)
    fields = {"user_id": user["id"], "token": user["token"]}
    sent = client.post("/music-add", data=fields, files={"audio": ("tone.wav", tone(), "audio/wav")})
    url = _good(sent, 201)["url"]
    if not url.startswith(f"{client.base_url}".rstrip("/") + "/record?id="):
        raise AssertionError(f"the link is not one of the published port: {url}")
    return Left(url, _bytes(client, url))


def same_audio(client: httpx.Client, left: Left) -> bool:
    """Tell whether the link still gives the same MP3."""
    return _bytes(client, left.where) == left.what


VISITS = {"video": (video, same_video), "quiz": (quiz, same_quiz), "audio": (audio, same_audio)}


def tone(seconds: float = 2.0, rate: int = 44_100) -> bytes:
    """Make a WAV of a pure tone."""
    samples = (round(12_000 * math.sin(math.tau * 440 * n / rate)) for n in range(round(seconds * rate)))
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return made.getvalue()


def _signed_in(client: httpx.Client) -> str:
    session = _good(client.post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD}))
    headers = {"x-csrf-token": session["csrf_token"]}
    made = _good(client.post("/api/v1/users/me/tokens", json={"name": "containers"}, headers=headers), 201)
    client.cookies.clear()
    return str(made["token"])


def _processed(found: dict[str, Any]) -> bool:
    if found["state"] == "failed":
        raise AssertionError(f"the video failed: {found['failure']}")
    return bool(found["state"] == "ready")


def _played(client: httpx.Client, address: str) -> str:
    """Follow the playlists to the first variant and read everything it names; answers a hash of these bytes."""
    master = urljoin(str(client.base_url), _good(client.get(address))["playback"]["hls"])
    variant = urljoin(master, next(iter(_named(client, master))))
    digest = hashlib.sha256()
    for name in _named(client, variant):
        digest.update(_content(client, urljoin(variant, name)))
    return digest.hexdigest()


def _named(client: httpx.Client, playlist: str) -> list[str]:
    lines = _content(client, playlist).decode().splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    if not names:
        raise AssertionError(f"{playlist} names nothing")
    return names


def _bytes(client: httpx.Client, url: str) -> str:
    content = _content(client, url)
    if not content.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3")):
        raise AssertionError(f"{url} is no MP3: {content[:16]!r}")
    return hashlib.sha256(content).hexdigest()


def _content(client: httpx.Client, url: str) -> bytes:
    answer = client.get(url)
    if answer.status_code != httpx.codes.OK or not answer.content:
        raise AssertionError(f"{url}: {answer.status_code} {answer.text[:300]}")
    return answer.content


def _good(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    if answer.status_code != status:
        raise AssertionError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:500]}")
    return dict(answer.json())
