"""Recordings that are edited, and what is heard of the result."""

import io
import uuid
from typing import Any

import httpx
import numpy as np
import soundfile

from kit.audio import tones
from kit.audio.sending import RECORDS, add_record, named

FRAME = 1152  # samples of a frame of MP3
QUIET = 0.0
Piece = tuple[float, float, float]
"""Seconds, hertz, amplitude."""


async def owner(client: httpx.AsyncClient, name: str = "Ада") -> dict[str, str]:
    """Headers of somebody who keeps recordings."""
    return {"authorization": f"Bearer {(await named(client, name))['token']}"}


def sound(*pieces: Piece, rate: int = 44100, channels: int = 1) -> Any:
    """Tones behind each other, each with soft ends; an amplitude of 0 is silence."""
    made = []
    for seconds, hertz, amplitude in pieces:
        time = np.arange(round(seconds * rate)) / rate
        window = np.clip(np.minimum(time, seconds - time) / 0.005, 0, 1)
        made.append(amplitude * np.sin(2 * np.pi * hertz * time) * window)
    return np.repeat(np.concatenate(made)[:, None], channels, axis=1)


async def kept(
    client: httpx.AsyncClient, who: dict[str, str], samples: Any, *, rate: int = 44100, title: str = "Rain"
) -> dict[str, Any]:
    """Send a recording; the answer about it."""
    sent = await add_record(client, who, tones.written(samples, rate=rate), title=title)
    assert sent.status_code == 201, sent.text
    found: dict[str, Any] = sent.json()
    return found


async def edit(
    client: httpx.AsyncClient, who: dict[str, str], record: Any, *operations: dict[str, Any], **more: Any
) -> httpx.Response:
    """Ask for an edit; `more` are other members of the body, and headers in `headers`."""
    headers = who | more.pop("headers", {})
    return await client.post(f"{RECORDS}/{record}/edits", json={"operations": list(operations)} | more, headers=headers)


async def heard(client: httpx.AsyncClient, record: dict[str, Any]) -> tuple[Any, int]:
    """Samples of a recording as libsndfile decodes them, and their rate."""
    got = await client.get(record["content"])
    assert got.status_code == 200, got.text
    samples, rate = soundfile.read(io.BytesIO(got.content), always_2d=True)
    return samples, rate


def level(samples: Any) -> float:
    """Effective level in decibels."""
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-12))


def loudest_hertz(samples: Any, rate: int) -> float:
    """The tone that is loudest."""
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))


def unknown() -> str:
    """The id of no recording."""
    return str(uuid.uuid4())
