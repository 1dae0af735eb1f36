import asyncio
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, get, route

from efir.adapters.storage.filesystem import FilesystemBlobStore
from efir.drivers._asgi.files import IMMUTABLE, Content, FileAnswer, FileHead
from efir.drivers._asgi.sent_pieces import CHUNK
from efir.ports.kernel.blobs import Blob, blob_key
from kit.programs import NGINX, granian, memory_of, nginx

MIB = 1 << 20
FILM = os.urandom(3 * MIB + 17)
reads = 0


class CountedBlob(Content):
    async def read(self, offset: int, length: int) -> bytes:  # noqa: ARG002  # zeros everywhere
        global reads  # noqa: PLW0603  # the server process counts for the test
        reads += 1
        return bytes(length)


def app() -> Litestar:
    store = FilesystemBlobStore(Path(os.environ["DELIVERY_STORE"]))
    film = FileHead(media_type="video/mp4", tag='"film"', cache_control=IMMUTABLE)

    @route("/film", http_method=["GET", "HEAD"])
    async def direct() -> FileAnswer:
        return FileAnswer(partial(store.open, blob_key("film")), film)

    @route("/by-nginx", http_method=["GET", "HEAD"])
    async def by_nginx() -> FileAnswer:
        facts = FileHead(
            media_type="video/mp4",
            tag='"film"',
            cache_control=IMMUTABLE,
            accel="/objects/film",
            headers={"referrer-policy": "no-referrer"},
        )
        return FileAnswer(partial(store.open, blob_key("film")), facts)

    @get("/counted")
    async def counted() -> FileAnswer:
        async def open_blob() -> Blob:
            blob = CountedBlob(b"", datetime.now(UTC))
            blob.size = 300 * MIB
            return blob

        return FileAnswer(open_blob, film)

    @get("/reads")
    async def told() -> int:
        return reads

    return Litestar([direct, by_nginx, counted, told], openapi_config=None)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, int, Path]]:
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(FilesystemBlobStore(Path(home)).put_bytes(blob_key("film"), FILM))
        with granian("videos.test_delivery:app", environment={"DELIVERY_STORE": home}) as (port, pid):
            yield f"http://127.0.0.1:{port}", pid, Path(home)


def test_one_connection_carries_every_kind_of_answer(server: tuple[str, int, Path]) -> None:
    with httpx.Client(base_url=server[0]) as client:
        for _ in range(3):
            assert client.get("/film").content == FILM
            assert client.get("/film", headers={"range": "bytes=5-99"}).content == FILM[5:100]
            assert client.get("/film", headers={"range": f"bytes={MIB}-"}).content == FILM[MIB:]
            assert client.get("/film", headers={"range": "bytes=-1"}).content == FILM[-1:]
            assert client.get("/film", headers={"range": "bytes=99999999-"}).status_code == 416
            assert client.get("/film", headers={"if-none-match": '"film"'}).status_code == 304
            several = client.get("/film", headers={"range": f"bytes=0-9,{MIB}-{3 * MIB}"})
            assert several.status_code == 206
            assert FILM[MIB : 3 * MIB + 1] in several.content
            head = client.head("/film")
            assert (head.headers["content-length"], head.content) == (str(len(FILM)), b"")


def slow_reader(server: str, path: str) -> socket.socket:
    host, _, port = server.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), 10)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert connection.recv(100).startswith(b"HTTP/1.1 200")
    return connection


def settled(look: Callable[[], int], *, since: int) -> int:
    """Look until a number has moved from where it was and then stays for half a second."""
    until, before, stays = time.monotonic() + 30, since, 0
    while stays < 5 or before == since:
        assert time.monotonic() < until
        time.sleep(0.1)
        now = look()
        before, stays = now, stays + 1 if now == before else 0
    return before


def test_who_leaves_stops_the_reading(server: tuple[str, int, Path]) -> None:
    before = httpx.get(f"{server[0]}/reads").json()
    slow_reader(server[0], "/counted").close()
    after = settled(lambda: httpx.get(f"{server[0]}/reads").json(), since=before)
    assert 0 < after - before < 300 * MIB / CHUNK / 2


def test_slow_readers_cost_little_memory(server: tuple[str, int, Path]) -> None:
    films = [slow_reader(server[0], "/film") for _ in range(2)]
    before = memory_of(server[1])
    readers = [slow_reader(server[0], "/film") for _ in range(20)]
    grown = settled(lambda: memory_of(server[1]), since=-1) - before
    for reader in films + readers:
        reader.close()
    assert grown < 20 * MIB


@pytest.mark.skipif(NGINX is None, reason="nginx is not on PATH")
def test_behind_nginx_the_bytes_come_from_nginx(server: tuple[str, int, Path], tmp_path: Path) -> None:
    lines = f"""location /objects/ {{
            internal; alias {server[2]}/objects/; etag off; add_header ETag $upstream_http_etag;
            add_header X-Content-Type-Options $upstream_http_x_content_type_options;
            add_header Referrer-Policy $upstream_http_referrer_policy;
            add_header Access-Control-Allow-Origin $upstream_http_access_control_allow_origin;
        }}
        location / {{ proxy_pass {server[0]}; }}"""
    with nginx(tmp_path, lines) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        whole = client.get("/by-nginx")
        assert (whole.status_code, whole.content) == (200, FILM)
        assert whole.headers["content-type"] == "video/mp4"
        assert whole.headers["etag"] == '"film"'
        assert whole.headers["cache-control"] == IMMUTABLE
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert whole.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in whole.headers
        part = client.get("/by-nginx", headers={"range": "bytes=5-99"})
        assert (part.status_code, part.content) == (206, FILM[5:100])
        assert client.get("/by-nginx", headers={"range": "bytes=99999999-"}).status_code == 416
        assert client.get("/by-nginx", headers={"if-none-match": '"film"'}).status_code == 304
        head = client.head("/by-nginx")
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(FILM)))
        assert client.get("/objects/film").status_code == 404
