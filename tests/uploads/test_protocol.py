"""Tus 1.0 over HTTP, request by request."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from efir.application.context import Ports
from efir.application.uploads.uploads import expire_uploads, sweep_staging
from efir.domain.uploads import UploadId
from efir.ports.kernel.blobs import BlobMissing, blob_key
from kit.builders import Person, person, registered, signed_in
from kit.people import People

pytestmark = pytest.mark.usefixtures("no_bytes_of_tests_before")

UPLOADS = "/api/v1/uploads"
TUS = {"tus-resumable": "1.0.0"}
BODY = TUS | {"content-type": "application/offset+octet-stream"}


def encoded(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def checksum(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


async def begun(client: httpx.AsyncClient, who: Person, length: int | None, **headers: str) -> str:
    size = {"upload-defer-length": "1"} if length is None else {"upload-length": str(length)}
    answer = await client.post(UPLOADS, headers=TUS | who.headers | size | headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"].removeprefix("http://efir.test")


async def sent(
    client: httpx.AsyncClient, who: Person, address: str, offset: int, content: bytes, **headers: str
) -> httpx.Response:
    at = {"upload-offset": str(offset)}
    return await client.patch(address, headers=BODY | who.headers | at | headers, content=content)


async def shown(client: httpx.AsyncClient, who: Person, address: str) -> httpx.Response:
    return await client.head(address, headers=TUS | who.headers)


async def stored(ports: Ports, address: str) -> bytes | None:
    try:
        blob = await ports.blobs.open(blob_key(f"src/{address.rsplit('/', 1)[1]}"))
    except BlobMissing:
        return None
    try:
        return await blob.read(0, blob.size)
    finally:
        blob.close()


async def state(connection: Any, address: str) -> str:
    return str(await connection.fetchval("select state from uploads where id = $1", address.rsplit("/", 1)[1]))


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["tus-resumable"] == "1.0.0"
    return answer.status_code, answer.json()["code"]


async def test_the_server_tells_anybody_what_it_can_do(client: httpx.AsyncClient) -> None:
    for path in (UPLOADS, f"{UPLOADS}/{uuid4()}"):
        answer = await client.options(path)
        assert answer.status_code == 204
        assert answer.headers["tus-version"] == "1.0.0"
        assert answer.headers["tus-max-size"] == str(64 << 30)
        assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"
        assert set(answer.headers["tus-extension"].split(",")) == {
            "creation", "creation-with-upload", "creation-defer-length", "checksum", "expiration", "termination",
            "concatenation",
        }  # fmt: skip


async def test_bytes_arrive_in_pieces_and_are_stored_whole(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    metadata = encoded(filename="walk.mp4", filetype="video/mp4")
    address = await begun(client, ada, 11, **{"upload-metadata": metadata})
    head = await shown(client, ada, address)
    assert head.status_code == 200
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("0", "11")
    assert head.headers["upload-metadata"] == metadata
    assert head.headers["cache-control"] == "no-store"
    assert head.headers["tus-resumable"] == "1.0.0"
    assert parsedate_to_datetime(head.headers["upload-expires"]).tzinfo is not None
    answer = await sent(client, ada, address, 0, b"hello ")
    assert (answer.status_code, answer.headers["upload-offset"], answer.content) == (204, "6", b"")
    assert "upload-expires" in answer.headers
    assert (await shown(client, ada, address)).headers["upload-offset"] == "6"
    assert await state(connection, address) == "open"
    answer = await sent(client, ada, address, 6, b"world")
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "11")
    assert (await shown(client, ada, address)).headers["upload-offset"] == "11"
    assert await state(connection, address) == "finished"
    row = await connection.fetchrow("select sha256, filename, filetype from uploads")
    assert tuple(row) == (hashlib.sha256(b"hello world").hexdigest(), "walk.mp4", "video/mp4")
    assert await stored(ports, address) == b"hello world"
    assert await ports.uploads.staging.list_staged() == []


async def test_the_address_is_absolute(client: httpx.AsyncClient, ada: Person) -> None:
    answer = await client.post(UPLOADS, headers=TUS | ada.headers | {"upload-length": "5", "host": "evil.example"})
    assert answer.headers["location"].startswith("http://efir.test/api/v1/uploads/")


async def test_a_creation_may_bring_bytes(client: httpx.AsyncClient, ada: Person, ports: Ports) -> None:
    headers = BODY | ada.headers | {"upload-length": "5"}
    answer = await client.post(UPLOADS, headers=headers, content=b"hel")
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "3")
    address = answer.headers["location"].removeprefix("http://efir.test")
    assert (await sent(client, ada, address, 3, b"lo")).status_code == 204
    assert await stored(ports, address) == b"hello"
    whole = await client.post(UPLOADS, headers=headers, content=b"hello")
    assert (whole.status_code, whole.headers["upload-offset"]) == (201, "5")


async def test_a_length_may_come_later(client: httpx.AsyncClient, ada: Person, ports: Ports) -> None:
    address = await begun(client, ada, None)
    head = await shown(client, ada, address)
    assert head.headers["upload-defer-length"] == "1"
    assert "upload-length" not in head.headers
    assert (await sent(client, ada, address, 0, b"hel")).status_code == 204
    assert code(await sent(client, ada, address, 3, b"", **{"upload-length": "2"})) == (400, "upload-malformed")
    assert (await sent(client, ada, address, 3, b"lo", **{"upload-length": "5"})).status_code == 204
    assert await stored(ports, address) == b"hello"


async def test_a_length_is_said_once(client: httpx.AsyncClient, ada: Person) -> None:
    address = await begun(client, ada, 5)
    assert code(await sent(client, ada, address, 0, b"he", **{"upload-length": "6"})) == (400, "upload-malformed")
    assert (await sent(client, ada, address, 0, b"he", **{"upload-length": "5"})).status_code == 204


async def test_a_declared_length_alone_finishes_what_is_all_there(
    client: httpx.AsyncClient, ada: Person, ports: Ports
) -> None:
    address = await begun(client, ada, None)
    await sent(client, ada, address, 0, b"hello")
    answer = await sent(client, ada, address, 5, b"", **{"upload-length": "5"})
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "5")
    assert await stored(ports, address) == b"hello"


async def test_an_upload_of_nothing_is_finished_at_once(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    address = await begun(client, ada, 0)
    assert await state(connection, address) == "finished"
    assert await stored(ports, address) == b""


@pytest.mark.parametrize("offset", [0, 2, 4, 100])
async def test_bytes_go_only_where_the_stored_ones_end(client: httpx.AsyncClient, ada: Person, offset: int) -> None:
    address = await begun(client, ada, 9)
    await sent(client, ada, address, 0, b"123")
    assert code(await sent(client, ada, address, offset, b"xx")) == (409, "upload-offset-mismatch")
    assert (await shown(client, ada, address)).headers["upload-offset"] == "3"


async def test_more_bytes_than_announced_are_refused_unread(client: httpx.AsyncClient, ada: Person) -> None:
    address = await begun(client, ada, 5)
    assert code(await sent(client, ada, address, 0, b"123456")) == (413, "upload-too-large")
    assert (await shown(client, ada, address)).headers["upload-offset"] == "0"

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b"x"

    answer = await client.patch(address, headers=BODY | ada.headers | {"upload-offset": "0"}, content=endless())
    assert code(answer) == (413, "upload-too-large")
    assert int((await shown(client, ada, address)).headers["upload-offset"]) <= 5


async def test_a_finished_upload_takes_nothing_more(client: httpx.AsyncClient, ada: Person, ports: Ports) -> None:
    address = await begun(client, ada, 2)
    await sent(client, ada, address, 0, b"ok")
    again = await sent(client, ada, address, 2, b"")
    assert (again.status_code, again.headers["upload-offset"]) == (204, "2")
    assert code(await sent(client, ada, address, 2, b"x")) == (413, "upload-too-large")
    assert code(await sent(client, ada, address, 0, b"no")) == (409, "upload-offset-mismatch")
    assert await stored(ports, address) == b"ok"


@pytest.mark.parametrize("length", [(64 << 30) + 1, 10**18 - 1])
async def test_a_too_large_upload_is_refused_before_any_byte(
    client: httpx.AsyncClient, ada: Person, connection: Any, length: int
) -> None:
    answer = await client.post(UPLOADS, headers=BODY | ada.headers | {"upload-length": str(length)}, content=b"x")
    assert code(answer) == (413, "upload-too-large")
    assert await connection.fetchval("select count(*) from uploads") == 0


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
async def test_a_right_checksum_is_accepted_and_a_wrong_one_keeps_nothing(
    client: httpx.AsyncClient, ada: Person, ports: Ports, algorithm: str
) -> None:
    content = bytes(range(256)) * 20_000  # several buffers
    half = len(content) // 2
    address = await begun(client, ada, len(content))
    for offset, piece in ((0, content[:half]), (half, content[half:])):
        wrong = await sent(client, ada, address, offset, piece, **{"upload-checksum": checksum(b"other", algorithm)})
        assert code(wrong) == (460, "upload-checksum-mismatch")
        assert (await shown(client, ada, address)).headers["upload-offset"] == str(offset)
        right = await sent(client, ada, address, offset, piece, **{"upload-checksum": checksum(piece, algorithm)})
        assert (right.status_code, right.headers["upload-offset"]) == (204, str(offset + len(piece)))
    assert await stored(ports, address) == content


@pytest.mark.parametrize("value", ["md5 AAAA", "sha256 ***", "sha256", "", "sha256 AAAA extra"])
async def test_an_unreadable_checksum_is_malformed(client: httpx.AsyncClient, ada: Person, value: str) -> None:
    address = await begun(client, ada, 5)
    answer = await sent(client, ada, address, 0, b"hello", **{"upload-checksum": value})
    assert answer.status_code in {400, 460}
    assert (await shown(client, ada, address)).headers["upload-offset"] == "0"


async def test_the_announced_digest_of_the_whole_is_checked(
    client: httpx.AsyncClient, ada: Person, ports: Ports
) -> None:
    digest = hashlib.sha256(b"hello").hexdigest()
    good = await begun(client, ada, 5, **{"upload-metadata": encoded(sha256=digest.upper())})
    assert (await sent(client, ada, good, 0, b"hello")).status_code == 204
    bad = await begun(client, ada, 5, **{"upload-metadata": encoded(sha256=digest)})
    assert code(await sent(client, ada, bad, 0, b"jello")) == (460, "upload-digest-mismatch")
    assert (await shown(client, ada, bad)).status_code == 410
    assert await stored(ports, bad) is None
    assert await ports.uploads.staging.list_staged() == []


async def test_a_wrong_body_type_is_refused(client: httpx.AsyncClient, ada: Person) -> None:
    address = await begun(client, ada, 5)
    answer = await sent(client, ada, address, 0, b"hello", **{"content-type": "application/octet-stream"})
    assert code(answer) == (415, "upload-body-type")
    headers = TUS | ada.headers | {"upload-length": "5", "content-type": "video/mp4"}
    assert code(await client.post(UPLOADS, headers=headers, content=b"hello")) == (415, "upload-body-type")


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0.1"])
async def test_another_version_is_refused_with_the_known_one(
    client: httpx.AsyncClient, ada: Person, version: str | None
) -> None:
    address = await begun(client, ada, 5)
    headers = ada.headers | ({} if version is None else {"tus-resumable": version})
    for method, path in (("POST", UPLOADS), ("PATCH", address), ("DELETE", address)):
        answer = await client.request(method, path, headers=headers | {"upload-length": "1", "upload-offset": "0"})
        assert code(answer) == (412, "tus-version-unsupported")
        assert answer.headers["tus-version"] == "1.0.0"
    assert (await client.head(address, headers=headers)).status_code == 412


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"upload-length": "-1"},
        {"upload-length": "ten"},
        {"upload-length": "1" * 30},
        {"upload-length": "5", "upload-defer-length": "1"},
        {"upload-defer-length": "2"},
        {"upload-length": "5", "upload-concat": "all"},
        {"upload-length": "5", "upload-metadata": "filename"},
        {"upload-length": "5", "upload-metadata": "filename !!!"},
        {"upload-length": "5", "upload-metadata": "a QQ==,a QQ=="},
        {"upload-length": "5", "upload-metadata": "a gA=="},
        {"upload-length": "5", "upload-metadata": "filename YQBi"},
        {"upload-length": "5", "upload-metadata": "a QQ==,,b QQ=="},
        {"upload-length": "5", "upload-metadata": "sha256 QQ=="},
        {"upload-length": "5", "upload-metadata": "a " + "QUFB" * 3000},
        {"upload-concat": "final;"},
        {"upload-concat": "final;/elsewhere/x"},
        {"upload-concat": "final;/api/v1/uploads/x"},
    ],
)
async def test_an_unreadable_creation_is_malformed(
    client: httpx.AsyncClient, ada: Person, connection: Any, headers: dict[str, str]
) -> None:
    answer = await client.post(UPLOADS, headers=TUS | ada.headers | headers)
    readable = headers.get("upload-metadata") == "filename"  # a key without a value is allowed
    assert (answer.status_code, "") == (201, "") if readable else code(answer) == (400, "upload-malformed")
    assert await connection.fetchval("select count(*) from uploads") == int(readable)


async def test_an_upload_is_its_owners_alone(client: httpx.AsyncClient, ada: Person, people: People) -> None:
    address = await begun(client, ada, 5)
    eve = await people("eve")
    assert (await shown(client, eve, address)).status_code == 404
    assert code(await sent(client, eve, address, 0, b"hello")) == (404, "upload-not-found")
    assert code(await client.delete(address, headers=TUS | eve.headers)) == (404, "upload-not-found")
    nobody = await client.post(UPLOADS, headers=TUS | {"upload-length": "5"})
    assert code(nobody) == (401, "no-session")
    reader = await people("reader", ["videos.read"])
    refused = await client.post(UPLOADS, headers=TUS | reader.headers | {"upload-length": "5"})
    assert code(refused) == (403, "scope-missing")
    assert (await shown(client, ada, address)).headers["upload-offset"] == "0"
    assert (await client.head(f"{UPLOADS}/{uuid4()}", headers=TUS | ada.headers)).status_code == 404
    assert (await client.head(f"{UPLOADS}/no-id", headers=TUS | ada.headers)).status_code == 404


async def test_an_ended_upload_is_gone_with_its_bytes(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    open_one, finished = await begun(client, ada, 5), await begun(client, ada, 5)
    await sent(client, ada, open_one, 0, b"he")
    await sent(client, ada, finished, 0, b"hello")
    for address in (open_one, finished):
        answer = await client.delete(address, headers=TUS | ada.headers)
        assert (answer.status_code, answer.headers["tus-resumable"]) == (204, "1.0.0")
        assert (await shown(client, ada, address)).status_code == 410
        assert code(await sent(client, ada, address, 2, b"llo")) == (410, "upload-gone")
        assert code(await client.delete(address, headers=TUS | ada.headers)) == (410, "upload-gone")
        assert await stored(ports, address) is None
    assert await ports.uploads.staging.list_staged() == []
    assert await connection.fetchval("select count(*) from uploads where cleared_at is null") == 0


async def test_a_used_upload_cannot_be_ended(client: httpx.AsyncClient, ports: Ports) -> None:
    ada = await person(client)
    address = await begun(client, ada, 5)
    await sent(client, ada, address, 0, b"hello")
    made = await client.post("/api/v1/videos", json={"upload_id": address, "title": "x"}, headers=ada.headers)
    assert made.status_code == 201, made.text
    assert code(await client.delete(address, headers=TUS | ada.headers)) == (409, "upload-used")
    assert await stored(ports, address) == b"hello"


async def test_the_method_can_be_said_in_a_header(client: httpx.AsyncClient, ada: Person, ports: Ports) -> None:
    address = await begun(client, ada, 5)
    headers = BODY | ada.headers | {"upload-offset": "0", "x-http-method-override": "PATCH"}
    answer = await client.post(address, headers=headers, content=b"hello")
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "5")
    assert await stored(ports, address) == b"hello"
    answer = await client.post(address, headers=TUS | ada.headers | {"x-http-method-override": "DELETE"})
    assert answer.status_code == 204
    assert code(await client.post(address, headers=TUS | ada.headers)) == (400, "upload-malformed")


async def part(client: httpx.AsyncClient, who: Person, content: bytes) -> str:
    address = await begun(client, who, len(content), **{"upload-concat": "partial"})
    if content:
        assert (await sent(client, who, address, 0, content)).status_code == 204
    return address


async def joined(client: httpx.AsyncClient, who: Person, *parts: str, **headers: str) -> httpx.Response:
    return await client.post(
        UPLOADS, headers=TUS | who.headers | {"upload-concat": f"final;{' '.join(parts)}"} | headers
    )


async def test_parts_are_joined_in_the_order_named(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    world, hello, nothing = [await part(client, ada, content) for content in (b"world", b"hello ", b"")]
    assert (await shown(client, ada, hello)).headers["upload-concat"] == "partial"
    answer = await joined(
        client, ada, f"http://efir.test{hello}", nothing, world, **{"upload-metadata": encoded(filename="a.mp4")}
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["upload-offset"] == "11"
    address = answer.headers["location"].removeprefix("http://efir.test")
    assert await stored(ports, address) == b"hello world"
    head = await shown(client, ada, address)
    assert head.headers["upload-concat"] == f"final;http://efir.test{hello} {nothing} {world}"
    assert (head.headers["upload-length"], head.headers["upload-offset"]) == ("11", "11")
    assert (
        await connection.fetchval("select sha256 from uploads where concat <> ''")
        == hashlib.sha256(b"hello world").hexdigest()
    )
    assert code(await sent(client, ada, address, 11, b"x")) == (403, "upload-joined")
    assert await ports.uploads.staging.list_staged() == []
    assert (await shown(client, ada, hello)).status_code == 410
    assert code(await joined(client, ada, hello, world)) == (410, "upload-gone")


async def test_only_finished_own_parts_are_joined(
    client: httpx.AsyncClient, ada: Person, people: People, ports: Ports
) -> None:
    eve = await people("eve")
    mine, foreign = await part(client, ada, b"mine"), await part(client, eve, b"hers")
    unfinished = await begun(client, ada, 9, **{"upload-concat": "partial"})
    whole = await begun(client, ada, 2)
    await sent(client, ada, whole, 0, b"ok")
    assert code(await joined(client, ada, mine, foreign)) == (404, "upload-not-found")
    assert code(await joined(client, ada, mine, unfinished)) == (409, "upload-unfinished")
    assert code(await joined(client, ada, mine, whole)) == (400, "upload-malformed")
    assert code(await joined(client, ada, mine, mine)) == (400, "upload-malformed")
    wrong = encoded(sha256="0" * 64)
    assert code(await joined(client, ada, mine, **{"upload-metadata": wrong})) == (460, "upload-digest-mismatch")
    assert len(await ports.uploads.staging.list_staged()) == 2  # mine and hers
    assert (await joined(client, ada, mine)).status_code == 201


async def test_a_part_is_no_video(client: httpx.AsyncClient, ada: Person) -> None:
    address = await part(client, ada, b"part")
    answer = await client.post("/api/v1/videos", json={"upload_id": address, "title": "x"}, headers=ada.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload-unfinished")


async def test_what_nobody_goes_on_with_expires_with_its_bytes(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    old, fresh, finished = [await begun(client, ada, 5) for _ in range(3)]
    for address, content in ((old, b"he"), (fresh, b"he"), (finished, b"hello")):
        await sent(client, ada, address, 0, content)
    await connection.execute(
        "update uploads set expires_at = now() - interval '1 s' where id = any($1::uuid[])",
        [address.rsplit("/", 1)[1] for address in (old, finished)],
    )
    assert await expire_uploads(ports) == 2
    assert (await shown(client, ada, old)).status_code == 410
    assert await stored(ports, finished) is None
    assert [str(found) for found in await ports.uploads.staging.list_staged()] == [fresh.rsplit("/", 1)[1]]
    assert (await sent(client, ada, fresh, 2, b"llo")).status_code == 204
    await connection.execute("update uploads set created_at = now() - interval '15 d'")
    await expire_uploads(ports)
    assert await connection.fetchval("select count(*) from uploads") == 1


async def test_expiry_rolls_with_the_bytes_but_ends_in_any_case(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    address = await begun(client, ada, 9)
    await connection.execute("update uploads set expires_at = now() + interval '1 min'")
    await sent(client, ada, address, 0, b"123")
    assert 23 < (await connection.fetchval("select extract(epoch from expires_at - now()) / 3600 from uploads")) < 24.1
    await connection.execute("update uploads set created_at = now() - interval '167 h'")
    await sent(client, ada, address, 3, b"456")
    assert 0 < (await connection.fetchval("select extract(epoch from expires_at - now()) / 3600 from uploads")) < 1.1


async def test_bytes_without_a_row_are_swept(client: httpx.AsyncClient, ada: Person, ports: Ports) -> None:
    kept = await begun(client, ada, 9)
    await sent(client, ada, kept, 0, b"123")
    await (await ports.uploads.staging.open(UploadId(uuid4()), offset=0)).close()
    assert await sweep_staging(ports) == 1
    assert len(await ports.uploads.staging.list_staged()) == 1


async def test_one_person_has_only_so_many_open_uploads(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    await connection.execute(
        """insert into uploads (owner_id, length, expires_at)
           select $1, 5, now() + interval '1 h' from generate_series(1, 100)""",
        ada.id,
    )
    answer = await client.post(UPLOADS, headers=TUS | ada.headers | {"upload-length": "5"})
    assert code(answer) == (429, "uploads-too-many")
    await connection.execute("update uploads set state = 'gone' where id = (select id from uploads limit 1)")
    await begun(client, ada, 5)


async def test_of_many_begun_at_once_no_more_than_allowed_are_open(
    client: httpx.AsyncClient, ada: Person, connection: Any
) -> None:
    await connection.execute(
        """insert into uploads (owner_id, length, expires_at)
           select $1, 5, now() + interval '1 h' from generate_series(1, 97)""",
        ada.id,
    )
    asked = [client.post(UPLOADS, headers=TUS | ada.headers | {"upload-length": "5"}) for _ in range(12)]
    answers = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert sorted(answers) == [201] * 3 + [429] * 9
    assert await connection.fetchval("select count(*) from uploads where state = 'open'") == 100


async def test_an_overtaken_writer_notes_nothing(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    upload_id = UploadId(UUID((await begun(client, ada, 9)).rsplit("/", 1)[1]))
    later = ports.clock() + timedelta(hours=1)
    fences = []
    for _ in range(2):
        async with ports.begin() as tx:
            fences.append(await tx.uploads.claim(upload_id, length=9, seconds=60))
        await connection.execute("update uploads set writer_until = now() - interval '1 s'")
    old, new = fences
    assert old is not None
    assert new == old + 1
    async with ports.begin() as tx:
        assert not await tx.uploads.record(upload_id, old, offset=5, expires_at=later, seconds=60)
        assert not await tx.uploads.holds(upload_id, old)
        assert not await tx.uploads.finish(upload_id, old, length=9, sha256="0" * 64, expires_at=later)
    assert await connection.fetchval("select stored_offset from uploads where state = 'open'") == 0
    async with ports.begin() as tx:
        assert await tx.uploads.record(upload_id, new, offset=5, expires_at=later, seconds=60)
    assert await connection.fetchval("select stored_offset from uploads") == 5


async def test_a_crash_between_store_and_commit_is_mended(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    address = await begun(client, ada, 11)
    await sent(client, ada, address, 0, b"hello ")
    await sent(client, ada, address, 6, b"world")
    await connection.execute("update uploads set state = 'open', stored_offset = 6, sha256 = null")
    assert code(await sent(client, ada, address, 6, b"world")) == (409, "upload-offset-mismatch")
    assert (await shown(client, ada, address)).headers["upload-offset"] == "11"
    assert await state(connection, address) == "finished"
    assert await connection.fetchval("select sha256 from uploads") == hashlib.sha256(b"hello world").hexdigest()
    assert await stored(ports, address) == b"hello world"


async def test_lost_bytes_end_the_upload(client: httpx.AsyncClient, ada: Person, ports: Ports) -> None:
    address = await begun(client, ada, 11)
    await sent(client, ada, address, 0, b"hello ")
    await ports.uploads.staging.remove(UploadId(UUID(address.rsplit("/", 1)[1])))
    assert code(await sent(client, ada, address, 6, b"world")) == (410, "upload-gone")


async def test_what_is_not_noted_is_cut_at_the_next_request(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    address = await begun(client, ada, 11)
    await sent(client, ada, address, 0, b"hello there")  # finished; make it unfinished again with a longer file
    other = await begun(client, ada, 11)
    await sent(client, ada, other, 0, b"hello w")
    await connection.execute("update uploads set stored_offset = 6 where id = $1", other.rsplit("/", 1)[1])
    assert (await sent(client, ada, other, 6, b"world")).status_code == 204
    assert await stored(ports, other) == b"hello world"


async def test_a_full_disk_is_told_before_any_byte(
    client: httpx.AsyncClient, ada: Person, session_ports: Ports, connection: Any
) -> None:
    async def nothing() -> int:
        return 4

    staging: Any = session_ports.uploads.staging
    staging.free = nothing
    try:
        answer = await client.post(UPLOADS, headers=TUS | ada.headers | {"upload-length": "5"})
        assert code(answer) == (507, "storage-full")
        assert await connection.fetchval("select count(*) from uploads") == 0
    finally:
        del staging.free
    await begun(client, ada, 5)


async def test_a_cookie_needs_its_token_here_too(client: httpx.AsyncClient) -> None:
    await registered(client)
    proof = await signed_in(client)
    headers = TUS | {"upload-length": "5"}
    assert code(await client.post(UPLOADS, headers=headers)) == (403, "csrf-failed")
    answer = await client.post(UPLOADS, headers=headers | proof)
    assert answer.status_code == 201
    address = answer.headers["location"].removeprefix("http://efir.test")
    assert (await client.head(address, headers=TUS)).status_code == 200
    refused = await client.patch(address, headers=BODY | {"upload-offset": "0"}, content=b"hello")
    assert code(refused) == (403, "csrf-failed")
    assert (await client.delete(address, headers=TUS | proof)).status_code == 204


async def test_the_digest_is_right_when_other_processes_saw_the_bytes_before(
    client: httpx.AsyncClient, ada: Person, ports: Ports, connection: Any
) -> None:
    content = bytes(range(256)) * 10_000
    address = await begun(client, ada, len(content))
    await sent(client, ada, address, 0, content[:1_000_000])
    staging: Any = ports.uploads.staging
    staging._digests.clear()  # noqa: SLF001  # as another process would be
    await sent(client, ada, address, 1_000_000, content[1_000_000:])
    assert await connection.fetchval("select sha256 from uploads") == hashlib.sha256(content).hexdigest()


NUMBERS = st.one_of(
    st.integers(-2, 12).map(str), st.integers(0, 10**25).map(str), st.sampled_from(["", " 5", "5 ", "٥"])
)
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=40)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "upload-length": st.one_of(NUMBERS, WORDS),
        "upload-offset": st.one_of(NUMBERS, WORDS),
        "upload-defer-length": st.sampled_from(["0", "1", "yes"]),
        "upload-metadata": st.one_of(
            WORDS, st.binary(max_size=20).map(lambda each: f"a {base64.b64encode(each).decode()}")
        ),
        "upload-concat": st.one_of(WORDS, st.sampled_from(["partial", "final;", f"final;{UPLOADS}/{uuid4()}"])),
        "upload-checksum": st.one_of(
            WORDS, st.binary(max_size=40).map(lambda each: f"sha1 {base64.b64encode(each).decode()}")
        ),
        "tus-resumable": st.sampled_from(["1.0.0", "1", ""]),
        "x-http-method-override": st.sampled_from(["PATCH", "patch", "DELETE", "HEAD", "x"]),
    },
)


@given(HEADERS, st.sampled_from(["POST", "PATCH", "OVER"]), st.binary(max_size=12))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_headers_break_the_server(
    client: httpx.AsyncClient, ada: Person, headers: dict[str, str], kind: str, content: bytes
) -> None:
    path = UPLOADS if kind == "POST" else await begun(client, ada, 10)
    raw = [
        (name.encode(), value.encode("latin-1", "replace")) for name, value in (BODY | ada.headers | headers).items()
    ]
    answer = await client.request("PATCH" if kind == "PATCH" else "POST", path, headers=raw, content=content)
    assert answer.status_code in {201, 204, 400, 404, 409, 412, 413, 415, 460}
    if kind != "POST":
        await client.delete(path, headers=TUS | ada.headers)
