"""Recordings as clients send them."""

from typing import Any

import httpx

from kit.audio import waves

MUSIC, RECORDS = "/music-add", "/api/v1/audio-records"


async def named(client: httpx.AsyncClient, name: str = "Ада") -> dict[str, str]:
    """Make a user of a name; answers the fields a form carries."""
    answer = await client.post("/user", json={"name": name})
    assert answer.status_code == 201, answer.text
    return {"user_id": answer.json()["id"], "token": answer.json()["token"]}


async def add_music(
    client: httpx.AsyncClient, fields: dict[str, str], content: bytes, filename: str = "Rain.wav", **headers: str
) -> httpx.Response:
    """Send a recording by the literal route."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(MUSIC, data=fields, files={"audio": (filename, content, "audio/wav")}, headers=given)


async def add_record(
    client: httpx.AsyncClient, who: dict[str, str], content: bytes, *, title: str = "Rain", **headers: str
) -> httpx.Response:
    """Send a recording by the API, as the body itself."""
    given = {"content-type": "audio/wav"} | who | {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(RECORDS, params={"title": title}, content=content, headers=given)


def short(**facts: Any) -> bytes:
    """A recording that is quickly converted."""
    return waves.plain(seconds=0.3, rate=8000, **facts)
