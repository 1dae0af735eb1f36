"""The form that edits a recording, without scripts: what it makes, what it refuses, in two languages."""

from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from kernel.test_pages import BROWSER, MISSING, token_of
from kit.audio import tones
from kit.audio.edited import FRAME, heard, level, sound
from kit.audio.sending import RECORDS
from kit.pages.seeds import a_session

pytestmark = pytest.mark.sampled(every=5)

SOUND = sound((1.0, 500.0, 0.3), (1.0, 900.0, 0.3), (1.0, 1400.0, 0.3))


@pytest.fixture
async def recording(client: httpx.AsyncClient, ports: Ports, ada: UserId) -> dict[str, Any]:
    """A recording of three seconds, by somebody who is signed in."""
    client.cookies.set("sid", await a_session(ports, ada), domain="efir.test")
    client.headers.update(BROWSER)
    token = token_of(await client.get("/audio"))
    sent = await client.post(
        RECORDS, params={"title": "Rain"}, content=tones.written(SOUND, rate=44100),
        headers={"content-type": "audio/wav", "x-csrf-token": token, "accept": "application/json"},
    )  # fmt: skip
    assert sent.status_code == 201, sent.text
    found: dict[str, Any] = sent.json()
    return found


async def filled(client: httpx.AsyncClient, record: str, **fields: str) -> httpx.Response:
    """Fill in the form and send it; fields that are not named are as a browser sends them."""
    path = f"/audio/{record}/edit"
    untouched = dict.fromkeys(("start", "gain", "fade_in", "fade_out", "crossfade", "join"), "")
    values = untouched | {"end": "3.00", "part": "keep", "title": "Edited"} | fields
    return await client.post(path, data={"csrf_token": token_of(await client.get(path))} | values)


async def newest(client: httpx.AsyncClient) -> dict[str, Any]:
    """The recording that was made last."""
    found: dict[str, Any] = (await client.get("/api/v1/users/me/audio-records")).json()["items"][0]
    return found


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"start": "1", "end": "2"}, 1.0), ({"start": "1,5"}, 1.5), ({"end": ""} | {"start": "2"}, 1.0),
        ({"start": "1", "end": "2", "part": "remove"}, 2.0), ({"fade_in": "0.5", "fade_out": "1"}, 3.0),
        ({"gain": "−3"}, 3.0), ({"trim": "yes"}, 3.0),
    ],
)  # fmt: skip
async def test_each_field_does_what_it_says(
    client: httpx.AsyncClient, recording: dict[str, Any], fields: dict[str, str], seconds: float
) -> None:
    answer = await filled(client, recording["id"], **fields)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/audio?notice=recording-edited"), answer.text
    made = await newest(client)
    assert (made["title"], made["edited_from"]) == ("Edited", recording["id"])
    assert abs(made["duration"] - seconds) <= 2 * FRAME / 44100
    if "gain" in fields:
        samples, _ = await heard(client, made)
        assert level(samples) == pytest.approx(level(SOUND) - 3, abs=0.3)


async def test_a_recording_is_joined_with_itself_and_another(
    client: httpx.AsyncClient, recording: dict[str, Any]
) -> None:
    answer = await filled(client, recording["id"], join=recording["id"], crossfade="0.5", end="1")
    assert answer.status_code == 303, answer.text
    assert (await newest(client))["duration"] == pytest.approx(3.5, abs=0.05)


@pytest.mark.parametrize(
    ("fields", "wrong", "text", "russian"),
    [
        ({}, "start", "Choose what to change", "Укажите, что изменить"),
        ({"start": "x"}, "start", "Write a number of seconds", "Напишите число секунд"),
        ({"gain": "1e999"}, "gain", "Write a number of decibels", "Напишите число децибел"),
        ({"start": "-1"}, "start", "A part begins at 0 seconds", "Фрагмент начинается с 0 секунд"),
        ({"start": "2", "end": "1"}, "end", "The end of a part has to be later", "Конец фрагмента должен быть позже"),
        ({"start": "2", "end": "2.99", "trim": "y", "part": "remove", "gain": "-1", "fade_in": "9"}, "fade_in",
         "The fades last longer", "Нарастание и затухание длиннее"),
        ({"start": "7", "end": "8"}, "start", "The recording is shorter", "Запись короче"),
        ({"part": "remove"}, "start", "Nothing would be left", "ничего не останется"),
        ({"gain": "30"}, "gain", "at most", "можно не больше"),
        ({"gain": "99"}, "gain", "Choose -60 to 40 decibels", "Укажите от -60 до 40"),
        ({"join": MISSING}, "join", "This recording is gone", "Этой записи больше нет"),
        ({"join": "x"}, "join", "This recording is gone", "Этой записи больше нет"),
        ({"end": "1", "join": "own", "crossfade": "2"}, "crossfade", "One of the recordings is shorter", "Одна из"),
        ({"start": "1", "title": " "}, "title", "A title has 1 to 120", "1 до 120"),
    ],
)  # fmt: skip
async def test_what_is_wrong_stands_beside_its_field_in_both_languages(
    client: httpx.AsyncClient, recording: dict[str, Any], fields: dict[str, str], wrong: str, text: str, russian: str
) -> None:
    given = {name: recording["id"] if value == "own" else value for name, value in fields.items()}
    for lang, words in (("en", text), ("ru", russian)):
        client.headers["accept-language"] = lang
        answer = await filled(client, recording["id"], **given)
        assert answer.status_code == 422
        assert f'href="#{wrong}"' in answer.text
        assert words in answer.text
        for name, value in given.items():
            if value.strip() and name not in {"part", "trim", "join"}:
                assert f'value="{value}"' in answer.text, name
    assert len((await client.get("/api/v1/users/me/audio-records")).json()["items"]) == 1


async def test_the_form_is_for_the_owner_of_a_recording_that_is_there(
    client: httpx.AsyncClient, recording: dict[str, Any]
) -> None:
    assert (await client.get(f"/audio/{MISSING}/edit")).status_code == 404
    forged = await client.post(f"/audio/{recording['id']}/edit", data={"start": "1", "title": "x"})
    assert forged.status_code == 403
    client.cookies.clear()
    away = await client.get(f"/audio/{recording['id']}/edit")
    assert away.status_code in {302, 303, 401}
    assert "Rain" not in away.text
