"""Edits over HTTP, by real pydub and real ffmpeg: what is heard afterwards has the length and the levels asked for."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from efir.bootstrap.wiring.http import build_server_app
from efir.ports.kernel.blobs import blob_key
from efir.settings import Settings
from kit.audio.edited import FRAME, edit, heard, kept, level, loudest_hertz, owner, sound, unknown
from kit.audio.sending import RECORDS
from kit.builders import person
from kit.published_videos import worked

pytestmark = pytest.mark.sampled(every=3)

TONE = sound((3.0, 441.0, 0.25))


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


async def made(client: httpx.AsyncClient, answer: httpx.Response) -> tuple[dict[str, Any], Any, int]:
    """The recording that an edit made, its samples and their rate."""
    assert answer.status_code == 201, answer.text
    samples, rate = await heard(client, answer.json())
    return answer.json(), samples, rate


async def files_of(ports: Ports, accepted: httpx.Response) -> list[str]:
    """What lies in the store of files for an accepted edit."""
    return [info.key async for info in ports.blobs.list(blob_key(f"aud/{accepted.json()['id']}"))]


async def test_an_edit_makes_another_recording_and_leaves_the_first(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    before = await client.get(first["content"])
    answer = await edit(client, ada, first["id"], {"type": "cut", "start": 0.5, "end": 2.0}, title="Short rain")
    record, samples, rate = await made(client, answer)
    assert answer.headers["location"] == record["url"]
    assert (record["title"], record["state"], record["edited_from"]) == ("Short rain", "ready", first["id"])
    assert abs(len(samples) - 1.5 * rate) <= FRAME
    assert abs(record["duration"] - 1.5) <= FRAME / rate
    assert record["loudness"]["integrated"] is not None
    peaks = (await client.get(record["waveform"])).json()
    assert peaks["length"] == math.ceil(round(record["duration"] * rate) / peaks["samples_per_pixel"])
    assert (await client.get(first["content"])).content == before.content
    assert (await client.get(f"{RECORDS}/{first['id']}", headers=ada)).json() == first
    assert first["edited_from"] is None


@pytest.mark.parametrize(
    ("cut", "seconds", "hertz"),
    [
        ({"start": 1.0, "end": 2.0}, 1.0, [1000.0]), ({"start": 2.0}, 1.0, [1500.0]),
        ({"end": 1.0}, 1.0, [500.0]), ({"start": 1.0, "end": 2.0, "keep": False}, 2.0, [500.0, 1500.0]),
        ({"start": 2.0, "end": 99.0}, 1.0, [1500.0]), ({"end": 1.0, "keep": False}, 2.0, [1000.0, 1500.0]),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("rate", "channels"), [(44100, 1), (48000, 2), (11025, 1)])
async def test_a_cut_keeps_or_removes_just_its_range(
    client: httpx.AsyncClient, cut: dict[str, Any], seconds: float, hertz: list[float], rate: int, channels: int
) -> None:
    ada = await owner(client)
    pieces = [(1.0, 500.0, 0.3), (1.0, 1000.0, 0.3), (1.0, 1500.0, 0.3)]
    first = await kept(client, ada, sound(*pieces, rate=rate, channels=channels), rate=rate)
    _, samples, got = await made(client, await edit(client, ada, first["id"], {"type": "cut"} | cut))
    assert (got, samples.shape[1]) == (rate, channels)
    assert abs(len(samples) - seconds * rate) <= FRAME
    found = [loudest_hertz(samples[round(n * rate) : round((n + 1) * rate)], rate) for n in range(len(hertz))]
    assert found == pytest.approx(hertz, abs=3)


@pytest.mark.parametrize("db", [-12.0, -3.0, 0.0, 4.0, 10.0])
async def test_a_gain_is_what_was_asked_for(client: httpx.AsyncClient, db: float) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((2.0, 441.0, 0.2), channels=2))
    before, rate = await heard(client, first)
    _, samples, _ = await made(client, await edit(client, ada, first["id"], {"type": "gain", "db": db}))
    inside = slice(rate // 10, -rate // 10)
    assert level(samples[inside]) - level(before[inside]) == pytest.approx(db, abs=0.2)


async def test_a_gain_that_would_clip_is_refused_with_what_fits(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((2.0, 441.0, 0.5)))
    refused = await edit(client, ada, first["id"], {"type": "gain", "db": 7.0})
    assert code(refused) == (422, "audio-gain-too-high")
    assert refused.json()["errors"][0]["pointer"] == "/operations/0/db"
    fits = float(refused.json()["detail"].split()[2])
    assert 5.5 <= fits <= 6.1
    _, samples, _ = await made(client, await edit(client, ada, first["id"], {"type": "gain", "db": fits}))
    assert abs(samples).max() <= 1.01
    later = [{"type": "gain", "db": 7.0}, {"type": "gain", "db": -7.0}]
    assert code(await edit(client, ada, first["id"], *later)) == (422, "audio-gain-too-high")


@pytest.mark.slow
async def test_what_decodes_beyond_full_scale_is_brought_below_and_told(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound(*[(0.05, 300.0 + 90 * n, 1.0) for n in range(40)]))
    record, samples, _ = await made(client, await edit(client, ada, first["id"], {"type": "cut", "start": 0.1}))
    before, rate = await heard(client, first)
    assert abs(before[round(0.1 * rate) :]).max() > 1.0, "the source is one that goes beyond"
    assert record["warnings"] == ["scaled"]
    assert abs(samples).max() < 1.0


@pytest.mark.slow
async def test_fades_come_and_go_in_a_straight_line(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((4.0, 1000.0, 0.5)))
    answer = await edit(client, ada, first["id"], {"type": "fade", "in": 1.0, "out": 2.0})
    _, samples, rate = await made(client, answer)
    assert abs(len(samples) - 4.0 * rate) <= FRAME

    def peak(at: float) -> float:
        return float(abs(samples[round((at - 0.005) * rate) : round((at + 0.005) * rate)]).max())

    for at, amplitude in ((0.25, 0.125), (0.5, 0.25), (0.75, 0.375), (1.5, 0.5), (2.5, 0.375), (3.0, 0.25)):
        assert peak(at) == pytest.approx(amplitude, rel=0.06), at
    assert level(samples[: rate // 200]) < -40
    assert level(samples[-rate // 200 :]) < -40


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.101, 12.0])
async def test_a_fade_of_any_length_has_its_middle_in_the_middle(client: httpx.AsyncClient, seconds: float) -> None:
    """Short fades are computed sample by sample, long ones in blocks."""
    ada = await owner(client)
    first = await kept(client, ada, sound((seconds + 0.5, 2000.0, 0.4)))
    _, samples, rate = await made(client, await edit(client, ada, first["id"], {"type": "fade", "in": seconds}))
    middle = samples[round((seconds / 2 - 0.002) * rate) : round((seconds / 2 + 0.002) * rate)]
    assert abs(middle).max() == pytest.approx(0.2, rel=0.12)
    assert abs(len(samples) - (seconds + 0.5) * rate) <= FRAME


@pytest.mark.slow
@pytest.mark.parametrize(("lead", "trail", "margin"), [(1.0, 0.5, 0.1), (0.0, 11.0, 0.0), (12.5, 0.0, 0.25)])
async def test_silence_at_both_ends_is_trimmed_to_its_margin(
    client: httpx.AsyncClient, lead: float, trail: float, margin: float
) -> None:
    ada = await owner(client)
    pieces = [(lead, 1.0, 0.0), (1.0, 500.0, 0.3), (1.0, 1.0, 0.0), (1.0, 900.0, 0.3), (trail, 1.0, 0.0)]
    first = await kept(client, ada, sound(*pieces, rate=22050), rate=22050)
    answer = await edit(client, ada, first["id"], {"type": "trim_silence", "threshold_db": -45, "margin": margin})
    record, _, _ = await made(client, answer)
    expected = 3.0 + min(lead, margin) + min(trail, margin)
    assert record["duration"] == pytest.approx(expected, abs=0.06)


@pytest.mark.slow
async def test_the_threshold_tells_silence_from_sound(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((1.0, 500.0, 0.01), (1.0, 500.0, 0.3)))  # -43 dB, then -13.5
    durations = [
        (await edit(client, ada, first["id"], {"type": "trim_silence", "threshold_db": db, "margin": 0})).json()[
            "duration"
        ]
        for db in (-50, -40)
    ]
    assert durations == pytest.approx([2.0, 1.0], abs=0.06)


@pytest.mark.slow
async def test_recordings_are_joined_in_their_order_with_the_rate_and_channels_of_the_best(
    client: httpx.AsyncClient,
) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((1.0, 500.0, 0.3), rate=22050), rate=22050)
    second = await kept(client, ada, sound((1.0, 1000.0, 0.3), channels=2), title="Snow")
    third = await kept(client, ada, sound((1.0, 1500.0, 0.3), rate=48000), rate=48000, title="Hail")
    join = {"type": "join", "records": [third["id"], second["id"], first["id"]]}
    _, samples, rate = await made(client, await edit(client, ada, first["id"], join))
    assert (rate, samples.shape[1]) == (48000, 2)
    assert abs(len(samples) - 4 * rate) <= 3 * FRAME
    seconds = [samples[n * rate : (n + 1) * rate] for n in range(4)]
    assert [loudest_hertz(each, rate) for each in seconds] == pytest.approx([500, 1500, 1000, 500], abs=3)
    inside = slice(rate // 10, -rate // 10)
    assert [level(each[inside]) for each in seconds] == pytest.approx([level(seconds[2][inside])] * 4, abs=0.2)


@pytest.mark.slow
async def test_a_crossfade_overlaps_without_a_dip_or_a_peak(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((2.0, 500.0, 0.4)))
    second = await kept(client, ada, sound((2.0, 1300.0, 0.4)), title="Snow")
    join = {"type": "join", "records": [second["id"]], "crossfade": 1.0}
    _, samples, rate = await made(client, await edit(client, ada, first["id"], join))
    assert abs(len(samples) - 3 * rate) <= 2 * FRAME
    assert abs(samples).max() < 0.45
    middle = samples[round(1.45 * rate) : round(1.55 * rate)]
    assert level(middle) == pytest.approx(level(samples[rate // 2 : rate]) - 3.0, abs=0.7)  # two tones at half


@pytest.mark.slow
async def test_operations_are_done_one_after_the_other(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((1.0, 1.0, 0.0), (2.0, 500.0, 0.3), (1.0, 1.0, 0.0)))
    operations: list[dict[str, Any]] = [
        {"type": "trim_silence", "margin": 0}, {"type": "cut", "start": 0.5, "end": 1.5},
        {"type": "join", "records": [first["id"]]}, {"type": "gain", "db": -6.0},
    ]  # fmt: skip
    _, samples, rate = await made(client, await edit(client, ada, first["id"], *operations))
    assert abs(len(samples) - 5 * rate) <= 2 * FRAME
    assert level(samples[rate // 4 : 3 * rate // 4]) == pytest.approx(level(sound((1, 500.0, 0.15))), abs=0.3)


REFUSED: list[tuple[dict[str, Any], str, tuple[int, str]]] = [
    ({"type": "cut", "start": -1}, "/operations/0/start", (422, "validation")),
    ({"type": "cut", "start": 2, "end": 2}, "/operations/0/end", (422, "validation")),
    ({"type": "cut", "start": 3.5}, "/operations/0/start", (422, "audio-edit-outside")),
    ({"type": "cut", "start": 1, "end": 1.01}, "/operations/0", (422, "audio-edit-empty")),
    ({"type": "cut", "keep": False}, "/operations/0", (422, "audio-edit-empty")),
    ({"type": "trim_silence", "threshold_db": -10}, "/operations/0", (422, "audio-edit-empty")),
    ({"type": "trim_silence", "threshold_db": 3}, "/operations/0/threshold_db", (422, "validation")),
    ({"type": "trim_silence", "margin": -0.1}, "/operations/0/margin", (422, "validation")),
    ({"type": "fade", "in": -1}, "/operations/0/in", (422, "validation")),
    ({"type": "fade", "out": 3.2}, "/operations/0/out", (422, "audio-edit-outside")),
    ({"type": "fade", "in": 1.6, "out": 1.6}, "/operations/0/out", (422, "audio-edit-outside")),
    ({"type": "gain", "db": 41}, "/operations/0/db", (422, "validation")),
    ({"type": "gain", "db": -1e300}, "/operations/0/db", (422, "validation")),
    ({"type": "gain"}, "/operations/0", (422, "validation")),
    ({"type": "join", "records": []}, "/operations/0/records", (422, "validation")),
    ({"type": "join", "records": [unknown()]}, "/operations/0/records/0", (422, "validation")),
    ({"type": "echo"}, "", (422, "validation")),
    ({"type": "cut", "from": 1}, "", (422, "validation")),
]


@pytest.mark.parametrize(("operation", "pointer", "expected"), REFUSED)
async def test_a_wrong_operation_is_refused_with_its_place(
    client: httpx.AsyncClient, connection: Any, operation: dict[str, Any], pointer: str, expected: tuple[int, str]
) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((3.0, 441.0, 0.1)))
    refused = await edit(client, ada, first["id"], operation)
    assert code(refused) == expected, refused.text
    if pointer:
        assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert await connection.fetchval("select count(*) from audio_records") == 1


async def test_every_wrong_value_is_named_at_once(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    wrong = [{"type": "gain", "db": 99}, {"type": "cut", "start": -1, "end": -2}, {"type": "fade", "in": 1}]
    pointers = [error["pointer"] for error in (await edit(client, ada, first["id"], *wrong)).json()["errors"]]
    assert pointers == ["/operations/0/db", "/operations/1/start", "/operations/1/end"]
    for operations in ([], [{"type": "gain", "db": -1}] * 17):
        refused = await edit(client, ada, first["id"], *operations)
        assert (code(refused), refused.json()["errors"][0]["pointer"]) == ((422, "validation"), "/operations")
    assert code(await edit(client, ada, first["id"], {"type": "gain", "db": -1}, title=" ")) == (422, "validation")
    assert code(await edit(client, ada, first["id"], {"type": "gain", "db": -1}, name="x")) == (422, "validation")


async def test_only_the_owner_edits_and_only_with_the_scope(client: httpx.AsyncClient) -> None:
    ada, bob = await owner(client), await owner(client, "Bob")
    first = await kept(client, ada, TONE)
    gain = {"type": "gain", "db": -1.0}
    assert code(await edit(client, bob, first["id"], gain)) == (404, "recording-not-found")
    assert code(await edit(client, ada, unknown(), gain)) == (404, "recording-not-found")
    assert code(await edit(client, {}, first["id"], gain)) == (401, "no-session")
    his = await kept(client, bob, TONE)
    foreign = await edit(client, bob, his["id"], {"type": "join", "records": [first["id"]]})
    unheard = await edit(client, bob, his["id"], {"type": "join", "records": [unknown()]})
    assert code(foreign) == code(unheard) == (422, "validation")
    assert foreign.json()["errors"] == unheard.json()["errors"], "whose recording it is is not told"
    reader = await person(client, scopes=["audio.read"])
    assert code(await edit(client, reader.headers, first["id"], gain)) == (403, "scope-missing")


async def test_the_same_edit_is_done_once(client: httpx.AsyncClient, connection: Any) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    fade = {"type": "fade", "in": 0.5}
    one = await edit(client, ada, first["id"], fade)
    again = await edit(client, ada, first["id"], fade)
    assert (one.status_code, again.status_code) == (201, 200)
    assert again.json() == one.json()
    assert (await edit(client, ada, first["id"], {"type": "fade", "in": 0.6})).status_code == 201
    assert (await edit(client, ada, first["id"], fade, title="Other")).status_code == 201
    assert await connection.fetchval("select count(*) from audio_records") == 4


async def test_a_key_makes_an_edit_repeatable(client: httpx.AsyncClient) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    key = {"headers": {"idempotency-key": "one"}}
    fade = {"type": "fade", "in": 0.5}
    one, two = [await edit(client, ada, first["id"], fade, **key) for _ in range(2)]
    assert (one.status_code, two.status_code) == (201, 201)
    assert two.content == one.content
    assert two.headers["idempotency-replayed"] == "true"
    other = await edit(client, ada, first["id"], {"type": "fade", "in": 0.6}, **key)
    assert code(other) == (422, "idempotency-key-reused")


@pytest.mark.slow
async def test_two_edits_at_once_are_two_recordings_and_the_same_one_is_one(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    asked = [{"type": "gain", "db": -1.0}, {"type": "gain", "db": -2.0}, {"type": "gain", "db": -1.0}]
    answers = await asyncio.gather(*(edit(client, ada, first["id"], each) for each in asked))
    assert {answer.status_code for answer in answers} <= {200, 201, 202}, [answer.text for answer in answers]
    await worked(ports)  # with few processors some have become jobs
    ids = [answer.json()["id"] for answer in answers]
    assert ids[0] == ids[2] != ids[1]
    assert await connection.fetchval("select count(*) from audio_records where state = 'ready'") == 3


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
        ({"max_audio_edit_seconds": 5}, (422, "audio-limits")), ({"audio_seconds": 5}, (422, "audio-limits")),
        ({"max_audio_edit_records": 1}, (422, "validation")), ({"max_audio_edit_operations": 0}, (422, "validation")),
        ({"audio_owner_hourly": 1}, (429, "rate-limited")), ({"audio_owner_bytes": 1}, (507, "quota-exceeded")),
        ({"max_waiting_audio": 0}, (503, "overloaded")),
    ],
)  # fmt: skip
async def test_every_bound_of_an_edit_has_its_answer(
    client: httpx.AsyncClient,
    small: Callable[..., httpx.AsyncClient],
    limits: dict[str, int],
    expected: tuple[int, str],
) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    async with small(**limits) as bound:
        assert code(await edit(bound, ada, first["id"], {"type": "join", "records": [first["id"]]})) == expected


async def test_a_long_edit_is_done_by_a_worker(
    client: httpx.AsyncClient, small: Callable[..., httpx.AsyncClient], ports: Ports, connection: Any
) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    async with small(audio_inline_seconds=0) as bound:
        accepted = await edit(bound, ada, first["id"], {"type": "cut", "start": 1.0}, title="Later")
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["state"] == "queued"
    queued = (await client.get(f"{RECORDS}/{accepted.json()['id']}", headers=ada)).json()
    assert (queued["state"], queued["edited_from"]) == ("queued", first["id"])
    assert code(await edit(client, ada, accepted.json()["id"], {"type": "gain", "db": -1})) == (
        409,
        "recording-not-ready",
    )
    waiting = {"type": "join", "records": [accepted.json()["id"]]}
    refused = await edit(client, ada, first["id"], waiting)
    assert refused.json()["errors"][0]["code"] == "not-ready"
    await worked(ports)
    job = (await client.get(accepted.headers["location"], headers=ada)).json()
    assert (job["kind"], job["state"], job["result"]) == ("edit_audio", "done", {"url": accepted.json()["url"]})
    samples, rate = await heard(client, queued)
    assert abs(len(samples) - 2 * rate) <= FRAME
    assert await files_of(ports, accepted) == []
    assert await connection.fetchval("select count(*) from blobs") == 2


async def test_deleting_the_original_leaves_an_accepted_edit(
    client: httpx.AsyncClient, ports: Ports, connection: Any
) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    asked = {"headers": {"prefer": "respond-async"}}
    accepted = await edit(client, ada, first["id"], {"type": "fade", "in": 1.0}, **asked)
    assert accepted.status_code == 202
    assert accepted.headers["preference-applied"] == "respond-async"
    assert len(await files_of(ports, accepted)) == 1
    assert (await client.delete(f"{RECORDS}/{first['id']}", headers=ada)).status_code == 204
    await worked(ports)
    record = (await client.get(f"{RECORDS}/{accepted.json()['id']}", headers=ada)).json()
    assert (record["state"], record["edited_from"]) == ("ready", None)
    assert abs(record["duration"] - 3.0) < 0.05
    assert await connection.fetchval("select count(*) from blobs") == 1


@pytest.mark.slow
async def test_an_original_that_is_deleted_while_an_edit_runs_is_no_fault(
    client: httpx.AsyncClient, connection: Any
) -> None:
    ada = await owner(client)
    first = await kept(client, ada, sound((60.0, 441.0, 0.25)))
    editing = asyncio.ensure_future(edit(client, ada, first["id"], {"type": "gain", "db": -1.0}))
    await asyncio.sleep(0.1)
    assert (await client.delete(f"{RECORDS}/{first['id']}", headers=ada)).status_code == 204
    answer = await editing
    assert answer.status_code in {201, 404}, answer.text
    if answer.status_code == 201:
        assert answer.json()["edited_from"] is None
    assert await connection.fetchval("select count(*) from audio_records") == int(answer.status_code == 201)


async def test_a_deleted_edit_is_not_done(client: httpx.AsyncClient, ports: Ports, connection: Any) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    accepted = await edit(client, ada, first["id"], {"type": "gain", "db": -1}, headers={"prefer": "respond-async"})
    assert (await client.delete(f"{RECORDS}/{accepted.json()['id']}", headers=ada)).status_code == 204
    await connection.execute("update jobs set run_at = now()")
    await worked(ports)
    assert await connection.fetchval("select count(*) from audio_records") == 1
    assert await files_of(ports, accepted) == []


async def test_a_worker_tells_why_an_edit_could_not_be_done(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await owner(client)
    first = await kept(client, ada, TONE)
    asked = {"headers": {"prefer": "respond-async"}}
    accepted = await edit(client, ada, first["id"], {"type": "gain", "db": 30}, **asked)
    assert accepted.status_code == 202
    await worked(ports)
    record = (await client.get(f"{RECORDS}/{accepted.json()['id']}", headers=ada)).json()
    assert (record["state"], record["error"]["code"]) == ("failed", "audio-gain-too-high")
    assert "dB fit" in record["error"]["detail"]
    assert await files_of(ports, accepted) == []
    again = await edit(client, ada, first["id"], {"type": "gain", "db": 30}, **asked)
    assert again.json()["id"] != accepted.json()["id"], "what failed makes room"
