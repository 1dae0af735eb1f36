"""`efir upload` against a real server, over networks that break."""

import asyncio
import hashlib
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from efir.application.context import Ports
from efir.application.processing.pipeline import handle_video_failure
from efir.bootstrap.main import main
from efir.domain.jobs import Failure
from efir.domain.kernel.errors import FailureKind
from efir.ports.kernel.blobs import blob_key
from kit import clips
from kit.fixtures.cli import PATIENCE, Uploading
from kit.relay import after_bytes, before_answer, relay

MEGABYTE = 1 << 20


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A file of several parts whose bytes can be told apart."""
    path = tmp_path / "noise.mp4"
    path.write_bytes(os.urandom(20 * MEGABYTE + 123))
    return path


async def kept(ports: Ports, connection: Any) -> list[str]:
    """Digests of the bytes of every upload, as the server has them."""
    found = []
    for row in await connection.fetch("select id from uploads"):
        blob = await ports.blobs.open(blob_key(f"src/{row['id']}"))
        found.append(hashlib.sha256(await blob.read(0, blob.size)).hexdigest())
        blob.close()
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def test_a_file_becomes_a_video_and_only_its_address_is_printed(uploading: Uploading) -> None:
    done = await uploading(clips.h264(seconds=1, size="320x180"), "--title", "By the sea", "--visibility", "unlisted")
    assert done.code == 0, done.err
    found = re.fullmatch(rf"http://127\.0\.0\.1:{uploading.port}/watch/([0-9a-f-]{{36}})\n", done.out)
    assert found
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {uploading.token}"}) as client:
        video = (await client.get(f"http://127.0.0.1:{uploading.port}/api/v1/videos/{found[1]}")).json()
    assert (video["title"], video["visibility"], video["state"]) == ("By the sea", "unlisted", "ready")
    assert "100 % of" in done.err
    assert "ready" in done.err


async def test_json_is_one_document_a_file(uploading: Uploading, tmp_path: Path) -> None:
    second = tmp_path / "Second film.mp4"
    second.write_bytes(clips.h264(seconds=1, size="320x180").read_bytes())
    done = await uploading(clips.h264(seconds=1, size="320x180"), second, "--json", "--no-wait")
    assert (done.code, done.err) == (0, "")
    documents = [json.loads(line) for line in done.out.splitlines()]
    assert [document["file"] for document in documents] == [str(clips.h264(seconds=1, size="320x180")), str(second)]
    assert documents[1]["title"] == "Second film"
    assert documents[1]["url"].endswith(documents[1]["id"])


@pytest.mark.slow
async def test_every_byte_arrives_over_a_network_that_breaks(
    uploading: Uploading, noise: Path, ports: Ports, connection: Any
) -> None:
    cuts = after_bytes(0, 3 * MEGABYTE, 12 * MEGABYTE, 64 * 1024, 1)
    with relay(uploading.port, cuts) as network:
        done = await uploading.through(network.port)(noise, "--no-wait")
    assert done.code == 0, done.err
    assert network.cuts == 5
    assert "trying again" in done.err
    assert await kept(ports, connection) == [digest(noise)]


@pytest.mark.slow
async def test_a_stopped_run_is_continued_by_the_same_command(
    uploading: Uploading, noise: Path, ports: Ports, connection: Any
) -> None:
    loop, halfway, carried = asyncio.get_running_loop(), asyncio.Event(), [0]

    def watch(piece: bytes, *, from_client: bool, sent: int) -> bool:
        carried[0] += len(piece) if from_client else 0
        if carried[0] > 12 * MEGABYTE:
            loop.call_soon_threadsafe(halfway.set)
        return False

    with relay(uploading.port, watch) as network:
        first = uploading.through(network.port).start(noise, "--no-wait")
        async with asyncio.timeout(PATIENCE):
            await halfway.wait()
        first.send_signal(signal.SIGINT)
        _, told = await asyncio.to_thread(first.communicate)
        assert (first.returncode, told.splitlines()[-1][:14]) == (130, "efir: stopped;")
        assert await connection.fetchval("select stored_offset from uploads") >= 8 * MEGABYTE
        carried[0] = 0
        second = await uploading.through(network.port)(noise, "--no-wait")
    assert second.code == 0, second.err
    assert carried[0] < 13 * MEGABYTE
    assert await kept(ports, connection) == [digest(noise)]


@pytest.mark.slow
async def test_a_lost_answer_makes_no_second_video(uploading: Uploading, connection: Any) -> None:
    lost = before_answer(lambda piece: piece.startswith(b"POST /api/v1/videos "))
    with relay(uploading.port, lost) as network:
        done = await uploading.through(network.port)(clips.h264(seconds=1, size="320x180"), "--no-wait")
    assert (done.code, network.cuts) == (0, 1), done.err
    assert await connection.fetchval("select count(*) from videos") == 1


@pytest.mark.slow
async def test_processing_is_followed_through_a_lost_connection(uploading: Uploading) -> None:
    lost = before_answer(lambda piece: b"/processing " in piece)
    with relay(uploading.port, lost) as network:
        done = await uploading.through(network.port)(clips.webm(seconds=1, size="320x180"))
    assert (done.code, network.cuts) == (0, 1), done.err


async def test_a_file_that_is_no_video_is_refused_with_the_reason(uploading: Uploading, tmp_path: Path) -> None:
    text = tmp_path / "letter.mp4"
    text.write_text("Dear reader, this is a letter. " * 100)
    done = await uploading(text, "--json")
    assert done.code == 1
    error = json.loads(done.out)["error"]
    assert re.fullmatch(r"media-[a-z-]+", error["code"])
    assert done.err.count("\n") == 1
    assert error["code"] in done.err
    assert "; send another file" in error["detail"]
    assert "try it again" not in error["detail"]


@pytest.mark.slow
async def test_a_video_that_stops_half_way_is_no_success_and_can_be_watched(
    uploading: Uploading, ports: Ports, connection: Any
) -> None:
    process = uploading.start(clips.h264(seconds=60, size="1280x720"), "--json")
    async with asyncio.timeout(PATIENCE):
        while not (found := await connection.fetchval("select id from videos where state = 'playable'")):  # noqa: ASYNC110  # the event is in another process
            await asyncio.sleep(0.05)
    failure = Failure("rendition-damaged", "What was made of the file did not pass its check.", FailureKind.ENGINE)
    async with ports.begin() as tx:
        row = await tx.views.jobs.find_newest(found, "encode_chunk")
        assert row is not None
        await handle_video_failure(ports, tx, row, failure)
    told, _ = await asyncio.to_thread(process.communicate, timeout=PATIENCE)
    error = json.loads(told)["error"]
    assert (process.returncode, error["code"]) == (1, "rendition-damaged")
    assert f"try it again at http://127.0.0.1:{uploading.port}/studio/{found}; " in error["detail"]
    assert error["detail"].endswith(f"can be watched at http://127.0.0.1:{uploading.port}/watch/{found}")


@pytest.mark.slow
async def test_the_next_file_is_sent_although_one_was_refused(uploading: Uploading, tmp_path: Path) -> None:
    text = tmp_path / "letter.mp4"
    text.write_text("Dear reader, this is a letter. " * 100)
    done = await uploading(text, clips.h264(seconds=1, size="320x180"))
    assert done.code == 1
    assert re.fullmatch(r"http://\S+/watch/\S+\n", done.out)


async def test_somebody_elses_channel_is_refused(uploading: Uploading) -> None:
    done = await uploading(clips.h264(seconds=1, size="320x180"), "--channel", "nobody")
    assert done.code == 1
    assert "(channel-not-found)" in done.err


@pytest.mark.parametrize(
    ("environ", "arguments", "code", "words"),
    [
        ({"EFIR_URL": ""}, [], 3, "pass --url or set EFIR_URL"),
        ({"EFIR_URL": "video.example"}, [], 3, "is no address"),
        ({"EFIR_TOKEN": ""}, [], 3, "pass --token or set EFIR_TOKEN"),
        ({"EFIR_TOKEN": "with\nbreak"}, [], 3, "copy it again"),
        ({"EFIR_TOKEN": "efir_pat_nonsense"}, [], 3, "does not accept the token"),
        ({"EFIR_URL": "http://127.0.0.1:9"}, ["--patience", "1"], 4, "check the network"),
        ({}, ["missing.mp4"], 2, "missing.mp4 is not a readable file"),
        ({}, [__file__, "--title", "One name"], 2, "--title is for one file"),
    ],
)
def test_a_wrong_call_is_one_line_with_the_next_step(
    live: int,
    noise: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environ: dict[str, str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    for name, value in ({"EFIR_URL": f"http://127.0.0.1:{live}", "EFIR_TOKEN": "efir_pat_x"} | environ).items():
        monkeypatch.setenv(name, value)
    assert main(["upload", str(noise), *arguments, "--json"]) == code
    told = capsys.readouterr()
    assert told.err.startswith("efir: ")
    assert told.err.count("\n") == 1
    assert words in told.err
    assert words in json.loads(told.out)["error"]["detail"]


async def test_a_server_that_is_not_efir_is_told(uploading: Uploading, noise: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        done = await uploading.through(server.sockets[0].getsockname()[1])(noise)
    assert done.code == 1
    assert "does not answer like Efir" in done.err
