import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar, route

from efir.adapters.storage.filesystem import FilesystemBlobStore
from efir.drivers._asgi.files import (
    IMMUTABLE,
    Content,
    FileAnswer,
    FileHead,
    digest_tag,
    disposition,
)
from efir.drivers._asgi.ranges import http_date
from efir.drivers._asgi.sent_pieces import AT_ONCE, CHUNK
from efir.ports.kernel.blobs import Blob, BlobMissing, blob_key

BYTES = bytes(range(256)) * 40  # 10 240
SIZE = len(BYTES)
MODIFIED = datetime(2026, 11, 20, 10, 0, 0, 999_000, tzinfo=UTC)
TAG = digest_tag(b"\xab" * 32)
HEAD = FileHead(media_type="video/mp4", tag=TAG, cache_control=IMMUTABLE)


async def _content(content: bytes = BYTES) -> Blob:
    return Content(content, MODIFIED)


@route("/file", http_method=["GET", "HEAD"])
async def file_of_ten_kilobytes() -> FileAnswer:
    return FileAnswer(_content, HEAD)


@route("/empty", http_method=["GET", "HEAD"])
async def empty_file() -> FileAnswer:
    return FileAnswer(partial(_content, b""), HEAD)


@route("/download", http_method=["GET", "HEAD"])
async def download() -> FileAnswer:
    return FileAnswer(
        _content, FileHead(media_type="audio/mpeg", tag=TAG, cache_control="no-store", download_name='ё\r\n".mp3')
    )


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app: Any = Litestar([file_of_ten_kilobytes, empty_file, download])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://efir.test") as client:
        yield client


def part(first: int, last: int) -> tuple[int, bytes, str]:
    return 206, BYTES[first : last + 1], f"bytes {first}-{last}/{SIZE}"


WHOLE = (200, BYTES, "")
REFUSED = (416, b"", f"bytes */{SIZE}")

CASES = {
    "bytes=0-0": part(0, 0),
    "bytes=0-99": part(0, 99),
    "bytes=100-199": part(100, 199),
    f"bytes=0-{SIZE - 1}": part(0, SIZE - 1),
    f"bytes=0-{SIZE}": part(0, SIZE - 1),
    "bytes=0-999999999999999999999999999999": part(0, SIZE - 1),
    "bytes=0-": part(0, SIZE - 1),
    "bytes=5000-": part(5000, SIZE - 1),
    f"bytes={SIZE - 1}-": part(SIZE - 1, SIZE - 1),
    "bytes=-1": part(SIZE - 1, SIZE - 1),
    "bytes=-500": part(SIZE - 500, SIZE - 1),
    f"bytes=-{SIZE}": part(0, SIZE - 1),
    f"bytes=-{SIZE * 3}": part(0, SIZE - 1),
    "Bytes=7-9": part(7, 9),
    "bytes= 7-9 ": part(7, 9),
    "bytes=,7-9,": part(7, 9),
    "bytes=007-009": part(7, 9),
    f"bytes=7-9,{SIZE}-": part(7, 9),
    f"bytes={SIZE}-": REFUSED,
    f"bytes={SIZE}-{SIZE + 5}": REFUSED,
    "bytes=99999999999999999999999999-": REFUSED,
    "bytes=-0": REFUSED,
    f"bytes=-0,{SIZE}-": REFUSED,
    "bytes=9-7": WHOLE,
    "bytes=": WHOLE,
    "bytes=-": WHOLE,
    "bytes=a-b": WHOLE,
    "bytes=1-2-3": WHOLE,
    "bytes=--5": WHOLE,
    "bytes=1.0-2.0": WHOLE,
    "bytes=0x1-0x2": WHOLE,
    "bytes:0-5": WHOLE,
    "items=0-5": WHOLE,
    "0-5": WHOLE,
    "bytes=0-5,3-9": WHOLE,
    "bytes=0-5,9-7": WHOLE,
    "bytes=" + ",".join(f"{n * 9}-{n * 9}" for n in range(17)): WHOLE,
    f"bytes=0-5000,5001-{SIZE - 1}": WHOLE,
}


@pytest.mark.parametrize("header", CASES)
async def test_a_range_gives_exactly_its_bytes(client: httpx.AsyncClient, header: str) -> None:
    status, content, content_range = CASES[header]
    answer = await client.get("/file", headers={"range": header})
    assert answer.status_code == status
    assert answer.content == content
    assert answer.headers.get("content-range", "") == content_range
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == TAG
    assert answer.headers["x-content-type-options"] == "nosniff"


def parts_of(answer: httpx.Response) -> list[tuple[str, bytes]]:
    boundary = answer.headers["content-type"].removeprefix("multipart/byteranges; boundary=").encode()
    pieces = answer.content.split(b"\r\n--" + boundary)
    assert pieces[0] == b""
    assert pieces[-1] == b"--\r\n"
    found = []
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        match = re.fullmatch(rb"\r\ncontent-type: video/mp4\r\ncontent-range: (.+)", head)
        assert match is not None
        found.append((match[1].decode(), content))
    return found


async def test_several_ranges_come_as_parts_in_the_order_asked_for(client: httpx.AsyncClient) -> None:
    answer = await client.get("/file", headers={"range": "bytes=-10, 0-4 ,100-199"})
    assert answer.status_code == 206
    assert parts_of(answer) == [(part(*at)[2], part(*at)[1]) for at in ((SIZE - 10, SIZE - 1), (0, 4), (100, 199))]
    assert answer.headers["content-length"] == str(len(answer.content))
    assert "content-range" not in answer.headers


async def test_two_range_lines_are_read_as_one_wrong_line(client: httpx.AsyncClient) -> None:
    answer = await client.get("/file", headers=[("range", "bytes=0-1"), ("range", "bytes=2-3")])
    assert answer.status_code == 200


async def test_a_whole_answer_says_what_it_is(client: httpx.AsyncClient) -> None:
    answer = await client.get("/file")
    assert (answer.status_code, answer.content) == (200, BYTES)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["last-modified"] == "Fri, 20 Nov 2026 10:00:00 GMT"
    assert answer.headers["content-length"] == str(SIZE)


@pytest.mark.parametrize("asked", [{}, {"range": "bytes=0-5"}, {"range": f"bytes={SIZE}-"}])
async def test_head_tells_the_same_and_ignores_ranges(client: httpx.AsyncClient, asked: dict[str, str]) -> None:
    got, head = await client.get("/file"), await client.head("/file", headers=asked)
    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.headers) == dict(got.headers)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-5", "bytes=-5", "bytes=5-"])
async def test_an_empty_file_is_sent_whole_whatever_the_range(client: httpx.AsyncClient, header: str) -> None:
    answer = await client.get("/empty", headers={"range": header})
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


WEAK = f"W/{TAG}"
DATE = http_date(MODIFIED)
LATER = http_date(MODIFIED + timedelta(seconds=1))
EARLIER = http_date(MODIFIED - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"if-none-match": TAG}, 304),
        ({"if-none-match": WEAK}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": f'"a", {TAG} ,"b"'}, 304),
        ({"if-none-match": TAG, "range": "bytes=0-5"}, 304),
        ({"if-none-match": TAG, "range": f"bytes={SIZE}-"}, 304),
        ({"if-none-match": '"a"'}, 200),
        ({"if-none-match": TAG.strip('"')}, 200),
        ({"if-none-match": '"a"', "if-modified-since": LATER}, 200),
        ({"if-modified-since": DATE}, 304),
        ({"if-modified-since": LATER, "range": "bytes=0-5"}, 304),
        ({"if-modified-since": EARLIER}, 200),
        ({"if-modified-since": "yesterday"}, 200),
        ({"if-modified-since": "Fri, 99 Nov 2026 10:00:00 GMT"}, 200),
        ({"if-match": TAG}, 200),
        ({"if-match": "*"}, 200),
        ({"if-match": WEAK}, 412),
        ({"if-match": '"a"', "if-none-match": TAG}, 412),
        ({"if-unmodified-since": EARLIER}, 412),
        ({"if-unmodified-since": DATE}, 200),
        ({"if-unmodified-since": "never"}, 200),
        ({"if-range": TAG, "range": "bytes=0-5"}, 206),
        ({"if-range": DATE, "range": "bytes=0-5"}, 206),
        ({"if-range": WEAK, "range": "bytes=0-5"}, 200),
        ({"if-range": '"a"', "range": "bytes=0-5"}, 200),
        ({"if-range": LATER, "range": "bytes=0-5"}, 200),
        ({"if-range": EARLIER, "range": "bytes=0-5"}, 200),
        ({"if-range": "*", "range": "bytes=0-5"}, 200),
        ({"if-range": '"a"', "range": f"bytes={SIZE}-"}, 200),
        ({"if-range": TAG}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_conditions_are_weighed_before_the_range(
    client: httpx.AsyncClient, method: str, asked: dict[str, str], status: int
) -> None:
    answer = await client.request(method, "/file", headers=asked)
    assert answer.status_code == (200 if (method, status) == ("HEAD", 206) else status)
    assert answer.headers["etag"] == TAG
    if status in {304, 412}:
        assert answer.content == b""
        assert answer.headers["cache-control"] == IMMUTABLE
        assert "content-type" not in answer.headers


async def test_a_date_as_young_as_the_answer_is_no_strong_validator() -> None:
    modified = datetime.now(UTC)

    async def fresh() -> Blob:
        return Content(BYTES, modified)

    status, headers, content = await asked(
        FileAnswer(fresh, HEAD), {"range": "bytes=0-5", "if-range": http_date(modified)}
    )
    assert (status, content) == (200, BYTES)
    assert "content-range" not in headers


async def test_a_download_name_cannot_break_the_header(client: httpx.AsyncClient) -> None:
    answer = await client.get("/download", headers={"range": "bytes=1-2"})
    assert answer.status_code == 206
    assert (
        answer.headers["content-disposition"]
        == "attachment; filename=\"____.mp3\"; filename*=UTF-8''%D1%91%0D%0A%22.mp3"
    )


@given(st.text())
def test_any_download_name_is_one_plain_line(name: str) -> None:
    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9 ._-]*\"; filename\*=UTF-8''[A-Za-z0-9%._~-]*", disposition(name)
    )


async def asked(
    answer: FileAnswer, headers: dict[str, str], *, method: str = "GET"
) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)
        await asyncio.sleep(0)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await answer({"type": "http", "method": method, "headers": raw}, receive, send)
    assert [message["type"] for message in sent[:1]] == ["http.response.start"]
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * (len(sent) - 2) + [False]
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(message["body"] for message in sent[1:])


numbers = st.one_of(st.just(""), st.integers(0, SIZE + 5).map(str), st.integers(0, 10**30).map(str))
likely = st.lists(st.tuples(numbers, numbers).map("-".join), min_size=1, max_size=4).map(
    lambda found: "bytes=" + ",".join(found)
)
anything = st.text(st.characters(max_codepoint=255), max_size=60)


@given(st.one_of(likely, anything, anything.map("bytes={}".format)), st.sampled_from([0, 1, 300, SIZE]))
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_any_range_header_gives_true_slices_and_never_fails(header: str, size: int) -> None:
    content = BYTES[:size]
    status, headers, body = asyncio.run(asked(FileAnswer(partial(_content, content), HEAD), {"range": header}))
    assert status in {200, 206, 416}
    assert headers["content-length"] == str(len(body))
    if status == 200:
        assert body == content
    elif status == 416:
        assert (headers["content-range"], body) == (f"bytes */{size}", b"")
    elif "content-range" in headers:
        assert_slice(headers["content-range"], body, content)
    else:
        for content_range, piece in parts_of(httpx.Response(status, headers=headers, content=body)):
            assert_slice(content_range, piece, content)


def assert_slice(content_range: str, piece: bytes, content: bytes) -> None:
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", content_range)
    assert match is not None
    first, last, size = map(int, match.groups())
    assert 0 <= first <= last < size == len(content)
    assert piece == content[first : last + 1]


conditions = st.dictionaries(
    st.sampled_from(["if-match", "if-none-match", "if-range", "if-modified-since", "if-unmodified-since", "range"]),
    st.one_of(anything, st.sampled_from([TAG, WEAK, DATE, LATER, "*", "bytes=0-5", "Mon, 01 Jan 0001 00:00:00 +9999"])),
)


@given(conditions, st.sampled_from(["GET", "HEAD"]))
@settings(max_examples=200)
def test_any_conditions_are_answered(asked_with: dict[str, str], method: str) -> None:
    status, headers, body = asyncio.run(asked(FileAnswer(_content, HEAD), asked_with, method=method))
    assert status in {200, 206, 304, 412, 416}
    assert headers["etag"] == TAG
    assert (status in {200, 206} and method == "GET") == bool(body)


@pytest.fixture
async def stored() -> AsyncIterator[tuple[FileAnswer, bytes]]:
    with tempfile.TemporaryDirectory() as root:
        store = FilesystemBlobStore(Path(root))
        content = BYTES * 120
        await store.put_bytes(blob_key("vid/a"), content)
        yield FileAnswer(partial(store.open, blob_key("vid/a")), HEAD), content


async def test_a_file_of_the_store_is_sent_in_chunks(stored: tuple[FileAnswer, bytes]) -> None:
    answer, content = stored
    assert len(content) > AT_ONCE
    assert (await asked(answer, {}))[::2] == (200, content)
    assert (await asked(answer, {"range": f"bytes=5-{AT_ONCE + 77}"}))[::2] == (206, content[5 : AT_ONCE + 78])
    assert (await asked(answer, {"range": f"bytes=5-{CHUNK * 2 + 77}"}))[::2] == (206, content[5 : CHUNK * 2 + 78])


async def test_who_left_is_sent_nothing_more_and_the_object_is_closed() -> None:
    class Counted(Content):
        reads = 0
        closed = False

        async def read(self, offset: int, length: int) -> bytes:
            self.reads += 1
            return await super().read(offset, length)

        def close(self) -> None:
            self.closed = True

    blob = Counted(bytes(80 * CHUNK), MODIFIED)
    sent = 0
    left = asyncio.Event()

    async def open_blob() -> Blob:
        return blob

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal sent
        sent += len(message.get("body", b""))
        if sent >= 12 * CHUNK:
            left.set()  # and from now on sending never waits, as on granian

    await FileAnswer(open_blob, HEAD)({"type": "http", "method": "GET", "headers": []}, receive, send)
    assert blob.reads <= 33
    assert blob.closed


async def test_a_missing_object_fails_before_the_answer_begins() -> None:
    with tempfile.TemporaryDirectory() as root:
        answer = FileAnswer(partial(FilesystemBlobStore(Path(root)).open, blob_key("none")), HEAD)
        with pytest.raises(BlobMissing):
            await asked(answer, {})


async def test_a_shrunk_object_cuts_the_answer_and_is_closed() -> None:
    class Shrunk(Content):
        async def read(self, offset: int, length: int) -> bytes:
            return (await super().read(offset, length))[: length - 1]

    async def open_blob() -> Blob:
        return Shrunk(BYTES, MODIFIED)

    with pytest.raises(EOFError):
        await asked(FileAnswer(open_blob, HEAD), {})
