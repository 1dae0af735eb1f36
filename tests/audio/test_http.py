"""Recordings over HTTP: the literal routes of the seed and the API, with every wrong request."""

import asyncio
import io
import random
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import soundfile

from efir.application.context import Ports
from efir.application.kernel.conversion_slots import FairSlots
from efir.bootstrap.wiring.http import build_server_app
from efir.ports.kernel.blobs import blob_key
from efir.settings import Settings
from kit.audio import waves
from kit.audio.sending import MUSIC, RECORDS, add_music, add_record, named, short
from kit.builders import Person, person, registered, signed_in
from kit.published_videos import worked

pytestmark = pytest.mark.sampled(every=3)


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = answer.json()
    assert found["status"] == answer.status_code
    return answer.status_code, found["code"]


async def files_of(ports: Ports, record: str) -> list[str]:
    """What lies in the store of files for a recording."""
    return [info.key async for info in ports.blobs.list(blob_key(f"aud/{record}"))]


async def test_a_name_a_recording_and_its_download(client: httpx.AsyncClient) -> None:
    made = await client.post("/user", json={"name": " Ада ", "age": 36})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert set(made.json()) == {"id", "token"}
    assert uuid.UUID(made.json()["token"]).version == 4
    fields = {"user_id": made.json()["id"], "token": made.json()["token"]}
    sent = await add_music(client, fields, waves.plain(seconds=1, channels=2), "Дождь.wav")
    assert sent.status_code == 201, sent.text
    assert set(sent.json()) == {"url"}
    assert re.fullmatch(rf"http://efir\.test/record\?id=[0-9a-f-]{{36}}&user={fields['user_id']}", sent.json()["url"])
    assert sent.headers["location"] == sent.json()["url"]
    mp3 = await client.get(sent.json()["url"])
    assert mp3.status_code == 200
    assert mp3.headers["content-type"] == "audio/mpeg"
    assert mp3.headers["content-disposition"].startswith("attachment; filename=\"_____.mp3\"; filename*=UTF-8''")
    assert mp3.headers["content-disposition"].endswith("%D0%94%D0%BE%D0%B6%D0%B4%D1%8C.mp3")
    heard, rate = soundfile.read(io.BytesIO(mp3.content))
    assert (rate, heard.shape[1]) == (44100, 2)
    assert abs(len(heard) - 44100) <= 1152


async def test_fields_come_in_any_order_and_by_their_old_names(client: httpx.AsyncClient) -> None:
    fields = await named(client)
    after = [
        ("audio", ("a.wav", short(), "audio/wav")),
        ("user_id", (None, fields["user_id"])),
        ("token", (None, fields["token"])),
    ]
    assert (await client.post(MUSIC, files=after)).status_code == 201
    old = [
        ("user", (None, fields["user_id"])),
        ("token", (None, fields["token"])),
        ("file", ("b.wav", short(), "audio/wav")),
    ]
    assert (await client.post(MUSIC, files=old)).status_code == 201
    bearer = await client.post(
        MUSIC, data={"user_id": fields["user_id"]}, files={"audio": ("c.wav", short())},
        headers={"authorization": f"Bearer {fields['token']}"},
    )  # fmt: skip
    assert bearer.status_code == 201


async def test_the_same_bytes_under_the_same_title_are_one_recording(client: httpx.AsyncClient) -> None:
    fields = await named(client)
    first = await add_music(client, fields, short())
    again = await add_music(client, fields, short())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    other = await add_music(client, fields, short(), "Snow.wav")
    assert other.status_code == 201
    assert other.json() != first.json()


async def test_a_token_of_a_name_covers_recordings_and_nothing_else(client: httpx.AsyncClient) -> None:
    fields = await named(client)
    headers = {"authorization": f"Bearer {fields['token']}"}
    made = await add_record(client, headers, short())
    assert made.status_code == 201
    assert (await client.get(f"{RECORDS}/{made.json()['id']}", headers=headers)).json() == made.json()
    assert code(await client.get("/api/v1/users/me", headers=headers)) == (403, "scope-missing")
    assert code(await client.post("/api/v1/videos", json={"upload_id": "x", "title": "y"}, headers=headers)) == (
        403,
        "scope-missing",
    )
    assert code(await client.get("/api/v1/users/me/tokens", headers=headers)) == (403, "scope-missing")
    login = {"login": "Ада", "password": fields["token"]}
    assert code(await client.post("/api/v1/auth/login", json=login)) == (401, "wrong-credentials")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": ""}, (422, "validation")), ({"name": "x" * 51}, (422, "validation")), ({}, (422, "validation")),
        ({"name": 7}, (422, "validation")), ([], (422, "validation")), ({"name": "а\u0000"}, (422, "validation")),
        (None, (400, "malformed")),
    ],
)  # fmt: skip
async def test_a_wrong_name_is_refused(client: httpx.AsyncClient, body: Any, expected: tuple[int, str]) -> None:
    answer = await (client.post("/user", json=body) if body is not None else client.post("/user", content=b"{"))
    assert code(answer) == expected


async def test_one_network_may_not_take_names_without_end(ports: Ports, settings: Settings) -> None:
    few = replace(ports, limits=replace(ports.limits, audio_users_network=2))
    transport = httpx.ASGITransport(app=build_server_app(few, settings), client=("192.0.2.7", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as client:
        answers = [await client.post("/user", json={"name": f"Name {number}"}) for number in range(3)]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
        assert answers[0].headers["ratelimit-policy"] == '"audio-user";q=2;w=3600'
        assert code(answers[2]) == (429, "rate-limited")
        assert int(answers[2].headers["retry-after"]) > 0
        unread = await client.post("/user", json={"name": " "})
    assert unread.status_code == 422, "what is no name counts for nothing"
    elsewhere = httpx.ASGITransport(app=build_server_app(few, settings), client=("192.0.2.8", 50_000))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://efir.test") as client:
        assert (await client.post("/user", json={"name": "Name 3"})).status_code == 201


async def test_a_name_is_given_once_whatever_its_case(client: httpx.AsyncClient) -> None:
    await named(client, "Ада")
    assert code(await client.post("/user", json={"name": "АДА"})) == (409, "username-taken")
    answers = await asyncio.gather(*(client.post("/user", json={"name": "Bob"}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


HEADER = waves.chunk(b"fmt ", waves.fmt(1, 1, 8000, 16))
WRONG_FILES: dict[str, tuple[bytes, tuple[int, str]]] = {
    "text": (b"no sound", (415, "not-wav")),
    "nothing": (b"", (415, "not-wav")),
    "GSM": (
        waves.riff(waves.chunk(b"fmt ", waves.fmt(0x31, 1, 8000, 0)), waves.chunk(b"data", b"x" * 999)),
        (415, "wav-codec-unsupported"),
    ),
    "no description": (waves.riff(waves.chunk(b"data", b"x" * 999)), (422, "wav-malformed")),
    "no sound": (waves.riff(HEADER), (422, "audio-empty")),
    "nine channels": (
        waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 9, 8000, 16)), waves.chunk(b"data", b"x" * 999)),
        (422, "audio-limits"),
    ),
    "no numbers": (
        waves.riff(waves.chunk(b"fmt ", waves.fmt(3, 1, 8000, 32)), waves.chunk(b"data", b"\0\0\xc0\x7f" * 9000)),
        (422, "audio-undecodable"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_FILES)
async def test_a_wrong_file_is_refused_alike_on_both_routes(
    client: httpx.AsyncClient, connection: Any, name: str
) -> None:
    content, expected = WRONG_FILES[name]
    fields = await named(client)
    bearer = {"authorization": f"Bearer {fields['token']}"}
    assert code(await add_music(client, fields, content)) == expected
    assert code(await add_record(client, bearer, content)) == expected
    assert code(await client.post(RECORDS, files={"audio": ("a.wav", content)}, headers=bearer)) == expected
    assert await connection.fetchval("select count(*) from audio_records") == 0
    assert await connection.fetchval("select count(*) from blobs") == 0


async def test_wrong_credentials_are_refused_without_a_hint(client: httpx.AsyncClient) -> None:
    fields, other = await named(client), await named(client, "Bob")
    wrong = [
        fields | {"token": str(uuid.uuid4())}, fields | {"user_id": str(uuid.uuid4())}, fields | {"token": "abc"},
        fields | {"token": other["token"]}, {"user_id": fields["user_id"]},
    ]  # fmt: skip
    answers = [await add_music(client, each, short()) for each in wrong]
    assert {code(answer) for answer in answers} == {(401, "bad-credentials")}
    assert all("www-authenticate" in answer.headers for answer in answers)
    said = [{name: value for name, value in answer.json().items() if name != "request_id"} for answer in answers]
    assert said == [said[0]] * len(said)
    late = [("audio", ("a.wav", short())), ("user_id", (None, fields["user_id"])), ("token", (None, "abc"))]
    assert code(await client.post(MUSIC, files=late)) == (401, "bad-credentials")
    assert code(await add_music(client, fields | {"user_id": "abc"}, short())) == (422, "validation")
    assert code(await add_music(client, {"token": fields["token"]}, short())) == (422, "validation")
    assert code(
        await client.post(
            f"{MUSIC}?token={fields['token']}", data={"user_id": fields["user_id"]}, files={"audio": ("a.wav", short())}
        )
    ) == (401, "bad-credentials")
    assert code(await add_record(client, {}, short())) == (401, "no-session")
    assert code(await add_record(client, {"authorization": "Bearer abc"}, short())) == (401, "invalid-token")


async def test_a_token_without_the_scope_is_refused(client: httpx.AsyncClient) -> None:
    ada = await person(client, scopes=["videos.write", "account.read"])
    assert code(await add_record(client, ada.headers, short())) == (403, "scope-missing")
    form = {"user_id": ada.id, "token": ada.token}
    assert code(await add_music(client, form, short())) == (403, "scope-missing")


async def test_a_body_that_is_no_form_is_refused(client: httpx.AsyncClient) -> None:
    fields = await named(client)
    assert code(await client.post(MUSIC, json=fields)) == (415, "unsupported-media")
    assert code(await client.post(MUSIC, content=b"x", headers={"content-type": "multipart/form-data"})) == (
        400,
        "malformed",
    )
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert code(
        await client.post(MUSIC, content=b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n', headers=broken)
    ) == (400, "malformed")
    assert code(await client.post(MUSIC, data=fields, files={"other": ("a.wav", b"x")})) == (422, "validation")
    bearer = {"authorization": f"Bearer {fields['token']}"}
    assert code(await client.post(RECORDS, content=short(), headers=bearer | {"content-type": "text/plain"})) == (
        415,
        "unsupported-media",
    )
    assert code(await add_record(client, bearer, short(), title=" ")) == (422, "validation")


async def test_a_link_is_wrong_in_every_way_alike(client: httpx.AsyncClient) -> None:
    fields = await named(client)
    url = (await add_music(client, fields, short())).json()["url"]
    record = url.partition("id=")[2].partition("&")[0]
    for asked in ({"id": str(uuid.uuid4()), "user": fields["user_id"]}, {"id": record, "user": str(uuid.uuid4())}):
        assert code(await client.get("/record", params=asked)) == (404, "recording-not-found")
    for asked in ({"id": "abc", "user": fields["user_id"]}, {"id": record, "user": "abc"}, {"id": record}, {}):
        assert code(await client.get("/record", params=asked)) == (422, "validation")
        assert code(await client.get("/record", params=asked, headers={"accept": "text/html"})) == (422, "validation")


@pytest.fixture
async def small(session_ports: Ports, ports: Ports, settings: Settings) -> Callable[..., httpx.AsyncClient]:
    """A client of an application with other bounds."""

    def client(**limits: int) -> httpx.AsyncClient:
        found = replace(session_ports, limits=replace(session_ports.limits, **limits))
        transport = httpx.ASGITransport(app=build_server_app(found, settings), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://efir.test")

    return client


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"audio_bytes": 4000}, (413, "too-large")), ({"audio_owner_hourly": 1}, (429, "rate-limited")),
        ({"audio_owner_bytes": 1}, (507, "quota-exceeded")), ({"max_waiting_audio": 0}, (503, "overloaded")),
    ],
)  # fmt: skip
async def test_every_bound_has_its_answer(
    client: httpx.AsyncClient,
    small: Callable[..., httpx.AsyncClient],
    limits: dict[str, int],
    expected: tuple[int, str],
) -> None:
    fields = await named(client)
    assert (await add_music(client, fields, short())).status_code == 201
    bearer = {"authorization": f"Bearer {fields['token']}"}
    async with small(**limits) as bound:
        for answer in (
            await add_music(bound, fields, short(hertz=500.0)),
            await add_record(bound, bearer, short(hertz=500.0)),
        ):
            assert code(answer) == expected
            assert ("retry-after" in answer.headers) == (expected[0] in {429, 503})


async def test_a_long_recording_is_converted_by_a_worker(
    client: httpx.AsyncClient, small: Callable[..., httpx.AsyncClient], ports: Ports, connection: Any
) -> None:
    fields = await named(client)
    bearer = {"authorization": f"Bearer {fields['token']}"}
    async with small(audio_inline_seconds=0) as bound:
        sent = await add_music(bound, fields, waves.plain(seconds=1))
    assert sent.status_code == 202
    told = sent.json()
    assert set(told) == {"url", "state", "job"}
    assert (told["state"], told["job"]["state"]) == ("queued", "queued")
    assert sent.headers["location"] == f"http://efir.test/api/v1/jobs/{told['job']['id']}"
    early = await client.get(told["url"])
    assert code(early) == (409, "recording-not-ready")
    assert int(early.headers["retry-after"]) > 0
    assert (await add_music(client, fields, waves.plain(seconds=1))).json() == {"url": told["url"]}
    await worked(ports)
    job = (await client.get(sent.headers["location"], headers=bearer)).json()
    assert (job["state"], job["result"]) == ("done", {"url": told["url"]})
    assert (await client.get(told["url"])).status_code == 200
    assert await files_of(ports, told["url"].partition("id=")[2][:36]) == []
    assert await connection.fetchval("select count(*) from blobs") == 1


async def test_a_worker_is_asked_for_and_tells_why_it_failed(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await person(client)
    content, _ = WRONG_FILES["no numbers"]
    sent = await add_record(client, ada.headers, content, prefer="respond-async")
    assert sent.status_code == 202
    assert sent.headers["preference-applied"] == "respond-async"
    await worked(ports)
    job = (await client.get(sent.headers["location"], headers=ada.headers)).json()
    assert (job["state"], job["error"]["code"]) == ("failed", "audio-undecodable")
    record = (await client.get(f"{RECORDS}/{sent.json()['id']}", headers=ada.headers)).json()
    assert (record["state"], record["error"]["code"]) == ("failed", "audio-undecodable")
    assert code(await client.get(sent.json()["url"])) == (409, "recording-failed")
    assert await files_of(ports, sent.json()["id"]) == []
    again = await add_record(client, ada.headers, content, prefer="respond-async")
    assert again.status_code == 202
    assert again.json()["id"] != sent.json()["id"]


@pytest.mark.parametrize("later", [False, True])
async def test_the_store_of_files_may_keep_the_mp3(
    session_ports: Ports,
    ports: Ports,
    settings: Settings,
    connection: Any,
    later: bool,  # noqa: FBT001  # a case
) -> None:
    kept = replace(session_ports, audio=replace(session_ports.audio, store="storage"))
    transport = httpx.ASGITransport(app=build_server_app(kept, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as bound:
        fields = await named(bound)
        bearer = {"authorization": f"Bearer {fields['token']}"}
        made = (await add_record(bound, bearer, short(), prefer="respond-async" if later else "")).json()
        await worked(kept)
        assert (await bound.get(made["url"])).content[:3] == b"ID3"
        assert await files_of(ports, made["id"]) == [f"aud/{made['id']}/sound.mp3"]
        assert await connection.fetchval("select count(*) from blobs") == 0
        await connection.execute("update jobs set run_at = now() where state = 'ready'")  # the announced tidying
        await worked(kept)
        assert (await bound.get(made["url"])).status_code == 200
        await bound.delete(f"{RECORDS}/{made['id']}", headers=bearer)
        await connection.execute("update jobs set run_at = now() where state = 'ready'")
        await worked(kept)
        assert await files_of(ports, made["id"]) == []


async def test_who_finds_no_turn_gets_a_worker(
    client: httpx.AsyncClient, session_ports: Ports, settings: Settings
) -> None:
    fields = await named(client)
    busy = replace(
        session_ports,
        audio=replace(session_ports.audio, slots=FairSlots(0, 0)),
        limits=replace(session_ports.limits, audio_slot_seconds=0),
    )
    transport = httpx.ASGITransport(app=build_server_app(busy, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://efir.test") as bound:
        assert (await add_music(bound, fields, short())).status_code == 202


async def test_one_person_does_not_take_every_turn() -> None:
    turns, ada, bob = FairSlots(3, 2), uuid.uuid4(), uuid.uuid4()
    async with (
        turns.acquire(ada, within=0.1) as one,
        turns.acquire(ada, within=0.1) as two,
        turns.acquire(ada, within=0.01) as three,
    ):
        assert (one, two, three) == (True, True, False)
        async with turns.acquire(bob, within=0.1) as other, turns.acquire(bob, within=0.01) as none:
            assert (other, none) == (True, False)
    async with turns.acquire(ada, within=0.1) as again:
        assert again


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> Person:
    """Somebody with a token."""
    return await person(client)


async def test_a_recording_is_shown_listed_and_deleted_by_its_owner(
    client: httpx.AsyncClient, ada: Person, connection: Any, ports: Ports
) -> None:
    bob = await person(client, "bob")
    made = [(await add_record(client, ada.headers, short(hertz=400.0 + n), title=f"Take {n}")).json() for n in range(3)]
    assert made[0]["duration"] == pytest.approx(0.3)
    assert (made[0]["state"], made[0]["sample_rate"], made[0]["channels"]) == ("ready", 8000, 1)
    first = await client.get("/api/v1/users/me/audio-records?limit=2", headers=ada.headers)
    rest = await client.get(
        "/api/v1/users/me/audio-records", params={"limit": 2, "cursor": first.json()["next"]}, headers=ada.headers
    )
    assert [item["title"] for page in (first, rest) for item in page.json()["items"]] == ["Take 2", "Take 1", "Take 0"]
    assert 'rel="next"' in first.headers["link"]
    one = f"{RECORDS}/{made[0]['id']}"
    assert (await client.get(one, headers=ada.headers)).json() == made[0]
    assert code(await client.get(one, headers=bob.headers)) == (404, "recording-not-found")
    assert code(await client.delete(one, headers=bob.headers)) == (404, "recording-not-found")
    assert code(await client.get(one)) == (401, "no-session")
    assert (await client.delete(one, headers=ada.headers)).status_code == 204
    for gone in (made[0]["url"], made[0]["content"], made[0]["waveform"]):
        assert code(await client.get(gone)) == (404, "recording-not-found")
    assert code(await client.delete(one, headers=ada.headers)) == (404, "recording-not-found")
    assert await connection.fetchval("select count(*) from blobs") == 2
    await worked(ports)


async def test_a_recording_deleted_while_it_waits_leaves_nothing(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    sent = await add_record(client, ada.headers, short(), prefer="respond-async")
    assert (await client.delete(f"{RECORDS}/{sent.json()['id']}", headers=ada.headers)).status_code == 204
    await connection.execute("update jobs set run_at = now() where state = 'ready'")
    await worked(ports)
    assert await files_of(ports, sent.json()["id"]) == []
    job = await client.get(sent.headers["location"], headers=ada.headers)
    assert job.json()["state"] == "cancelled"


async def test_a_repeated_request_has_one_effect_and_one_answer(client: httpx.AsyncClient, ada: Person) -> None:
    first = await add_record(client, ada.headers, short(), idempotency_key="key-1")
    again = await add_record(client, ada.headers, short(), idempotency_key="key-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    other = await add_record(client, ada.headers, short(hertz=500.0), idempotency_key="key-1")
    assert code(other) == (422, "idempotency-key-reused")
    fields = await named(client)
    music = [await add_music(client, fields, short(), idempotency_key="key-1") for _ in range(2)]
    assert [answer.status_code for answer in music] == [201, 201]
    assert music[0].content == music[1].content
    user = [await client.post("/user", json={"name": "Bob"}, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert user[0].content == user[1].content


async def test_the_same_recording_sent_twice_at_once_is_stored_once(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    answers = await asyncio.gather(*(add_record(client, ada.headers, short()) for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {200, 201, 202}
    assert len({answer.json()["url"] for answer in answers}) == 1
    assert await connection.fetchval("select count(*) from audio_records") == 1
    assert await connection.fetchval("select count(*) from blobs where key like 'aud/%'") <= 1


async def test_random_ranges_are_the_bytes_they_name(client: httpx.AsyncClient, ada: Person) -> None:
    chance = random.Random(7)  # noqa: S311  # repeatable
    samples = waves.chunk(b"data", chance.randbytes(44100 * 4 * 12))
    noise = waves.riff(waves.chunk(b"fmt ", waves.fmt(1, 2, 44100, 16)), samples)
    made = (await add_record(client, ada.headers, noise)).json()
    whole = (await client.get(made["url"])).content
    assert len(whole) == made["size"] > 256 << 10
    for _ in range(300):
        first = chance.randrange(len(whole))
        last = chance.randrange(first, len(whole) + 100)
        answer = await client.get(made["url"], headers={"range": f"bytes={first}-{last}"})
        assert answer.status_code == 206
        assert answer.content == whole[first : last + 1]
    tag = (await client.head(made["url"])).headers["etag"]
    assert (await client.get(made["url"], headers={"if-none-match": tag})).status_code == 304
    assert (await client.get(made["url"], headers={"range": "bytes=-5"})).content == whole[-5:]
    beyond = await client.get(made["url"], headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    stale = await client.get(made["url"], headers={"range": "bytes=0-4", "if-range": '"other"'})
    assert (stale.status_code, len(stale.content)) == (200, len(whole))
    assert (await client.get(made["url"], headers={"if-match": '"other"'})).status_code == 412


async def test_head_tells_what_get_would(client: httpx.AsyncClient, ada: Person) -> None:
    made = (await add_record(client, ada.headers, short())).json()
    for url in (made["url"], made["content"]):
        got, head = await client.get(url), await client.head(url)
        assert head.status_code == 200
        assert head.content == b""
        for name in ("content-type", "content-length", "etag", "last-modified", "content-disposition", "accept-ranges"):
            assert head.headers[name] == got.headers[name]
    assert (await client.get(f"{made['url']}&inline=1")).headers["content-disposition"].startswith("inline; ")


async def test_the_waveform_has_the_form_that_players_know(client: httpx.AsyncClient, ada: Person) -> None:
    made = (await add_record(client, ada.headers, waves.plain(seconds=3))).json()
    peaks = (await client.get(made["waveform"])).json()
    assert (peaks["version"], peaks["bits"], peaks["channels"]) == (2, 8, 1)
    assert len(peaks["data"]) == 2 * peaks["length"]
    assert peaks["length"] * peaks["samples_per_pixel"] >= 3 * 44100
    assert all(low <= high for low, high in zip(peaks["data"][::2], peaks["data"][1::2], strict=True))
    assert 30 <= max(peaks["data"]) <= 34


async def test_a_browser_sends_its_recording_with_its_session(client: httpx.AsyncClient) -> None:
    await registered(client)
    headers = await signed_in(client)
    assert code(await add_record(client, {}, short())) == (403, "csrf-failed")
    assert (await add_record(client, headers, short())).status_code == 201


def at(url: str) -> tuple[str, str]:
    """The two ids of a link."""
    record, _, user = url.partition("id=")[2].partition("&user=")
    return record, user


async def test_the_id_in_a_link_tells_nothing_of_another(client: httpx.AsyncClient, connection: Any) -> None:
    """122 random bits: neither the moment nor the order of sending is in it."""
    fields = await named(client)
    links = [
        (await add_music(client, fields, short(hertz=300.0 + n), f"{n}.wav", **extra)).json()["url"]
        for n, extra in enumerate([{}, {}, {"prefer": "respond-async"}, {}])
    ]
    ids = [uuid.UUID(at(link)[0]) for link in links]
    assert [found.version for found in ids] == [4] * 4
    assert len({str(found)[:8] for found in ids}) == 4, "no common beginning"
    default = (
        "insert into audio_records (owner_id, title, source_sha256, source_bytes, duration, channels, sample_rate,"
    )
    values = "created_at) values ($1, 'x', 'y', 1, 1, 1, 8000, now()) returning id"
    assert (await connection.fetchval(f"{default} {values}", uuid.UUID(fields["user_id"]))).version == 4


async def test_recordings_are_listed_by_their_time_through_all_pages(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    for n in range(7):
        await add_record(client, ada.headers, short(hertz=300.0 + n), title=f"Take {n}")
    await connection.execute("update audio_records set created_at = now() - interval '1 hour' where title ~ '[234]'")
    seen: list[str] = []
    asked = {"limit": "2"}
    while True:
        page = (await client.get("/api/v1/users/me/audio-records", params=asked, headers=ada.headers)).json()
        seen += [item["title"] for item in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert sorted(seen) == [f"Take {n}" for n in range(7)], "none twice, none left out where moments are the same"
    assert seen[:4] == ["Take 6", "Take 5", "Take 1", "Take 0"]
    back = (await client.get("/api/v1/users/me/audio-records", params=asked, headers=ada.headers)).json()["prev"]
    before = await client.get(
        "/api/v1/users/me/audio-records", params={"limit": "2", "cursor": back}, headers=ada.headers
    )
    assert [item["title"] for item in before.json()["items"]] == seen[4:6]


STEM = [0.0] * 8000 * 3
STEM[4000:4160] = waves.sine(seconds=0.02, rate=8000, hertz=200, level=0.8)
FORM = waves.chunk(b"fmt ", waves.fmt(1, 1, 8000, 16))
TONE = waves.integers(waves.sine(seconds=0.5, rate=8000), 2)
TITLED = waves.chunk(b"LIST", b"INFO" + waves.chunk(b"INAM", "Дождь".encode("cp1251") + b"\0"))
PAGE = waves.chunk(b"CSET", (1251).to_bytes(2, "little") + b"\0" * 6)
UNUSUAL: dict[str, tuple[bytes, float, list[str], str]] = {
    "silence with a hit": (waves.riff(FORM, waves.chunk(b"data", waves.integers(STEM, 2))), 3.0, [], "Rain"),
    "a tone that is left out": (waves.plain(seconds=0.5, rate=48_000, hertz=20_000), 0.5, ["high_frequencies"], "Rain"),
    "a title in cp1251": (waves.riff(FORM, PAGE, TITLED, waves.chunk(b"data", TONE)), 0.5, [], "Дождь"),
    "two data chunks": (waves.riff(FORM, *[waves.chunk(b"data", TONE)] * 2), 1.0, ["several_data"], "Rain"),
    "two bytes more": (waves.riff(FORM, b"\0\0", waves.chunk(b"data", TONE)), 0.5, ["stray_bytes"], "Rain"),
    "six tracks without names": (
        waves.riff(waves.chunk(b"fmt ", waves.extensible(1, 6, 8000, 16)), waves.chunk(b"data", TONE * 6)),
        0.5, [], "Rain",
    ),
    "beyond full scale": (
        waves.riff(
            waves.chunk(b"fmt ", waves.fmt(3, 1, 8000, 32)),
            waves.chunk(b"data", waves.floats(waves.sine(seconds=0.5, rate=8000, level=2.0), 4)),
        ), 0.5, ["scaled"], "Rain",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNUSUAL)
@pytest.mark.parametrize("later", [False, True])
async def test_what_was_amiss_is_told_with_the_recording(
    client: httpx.AsyncClient,
    ada: Person,
    ports: Ports,
    name: str,
    later: bool,  # noqa: FBT001  # pytest
) -> None:
    content, duration, warnings, title = UNUSUAL[name]
    extra = {"prefer": "respond-async"} if later else {}
    sent = await client.post(RECORDS, files={"audio": ("Rain.wav", content, "audio/wav")}, headers=ada.headers | extra)
    assert sent.status_code == (202 if later else 201), sent.text
    if later:
        await worked(ports)
    found = (await client.get(f"{RECORDS}/{sent.json()['id']}", headers=ada.headers)).json()
    assert (found["state"], found["title"], found["warnings"]) == ("ready", title, warnings)
    assert found["duration"] == pytest.approx(duration, abs=0.001)
