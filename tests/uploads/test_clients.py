"""Clients written by others, unchanged, against the real server."""

import asyncio
import io
import json
import os
from typing import Any

import pytest
from tusclient.client import TusClient

from kit import npm
from kit.builders import Person
from kit.tus_client import sha256

pytestmark = pytest.mark.usefixtures("no_bytes_of_tests_before")

CONTENT = os.urandom((3 << 20) + 12_345)

TUS_JS = """
import { readFileSync } from "node:fs";
import tus from "tus-js-client";
const [endpoint, file, token, given] = process.argv.slice(2);
const options = JSON.parse(given);
const stop = options.stopAfter;
const upload = new tus.Upload(readFileSync(file), {
  endpoint,
  headers: { authorization: `Bearer ${token}` },
  metadata: { filename: "walk.mp4", filetype: "video/mp4" },
  retryDelays: [0, 500, 1000],
  ...options,
  onError: (error) => { console.error(String(error)); process.exit(1); },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url })),
  onChunkComplete: async () => {
    if (!stop) return;
    await upload.abort();
    const again = new tus.Upload(readFileSync(file), {
      endpoint, uploadUrl: upload.url, headers: { authorization: `Bearer ${token}` }, chunkSize: 1000000,
      onError: (error) => { console.error(String(error)); process.exit(1); },
      onSuccess: () => console.log(JSON.stringify({ url: again.url })),
    });
    again.start();
  },
});
upload.start();
"""


async def stored_digest(connection: Any, url: str) -> str | None:
    sql = "select sha256 from uploads where id = $1 and state = 'finished'"
    found: str | None = await connection.fetchval(sql, url.rsplit("/", 1)[1])
    return found


@pytest.mark.parametrize("options", [{}, {"chunk_size": 1_000_000}, {"chunk_size": 1_000_000, "upload_checksum": True}])
async def test_tuspy_uploads(server: tuple[str, int], ada: Person, connection: Any, options: Any) -> None:
    def upload() -> str:
        client = TusClient(f"{server[0]}/api/v1/uploads", headers=ada.headers)
        uploader = client.uploader(file_stream=io.BytesIO(CONTENT), metadata={"filename": "прогулка.mp4"}, **options)
        uploader.upload()
        return str(uploader.url)

    assert await stored_digest(connection, await asyncio.to_thread(upload)) == sha256(CONTENT)
    assert await connection.fetchval("select filename from uploads") == "прогулка.mp4"


async def test_tuspy_resumes(server: tuple[str, int], ada: Person, connection: Any) -> None:
    def upload() -> str:
        client = TusClient(f"{server[0]}/api/v1/uploads", headers=ada.headers)
        first = client.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=1_000_000)
        first.upload_chunk()
        second = client.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=1_000_000, url=first.url)
        assert second.offset == 1_000_000
        second.upload()
        return str(second.url)

    assert await stored_digest(connection, await asyncio.to_thread(upload)) == sha256(CONTENT)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunkSize": 1_000_000},
        {"uploadDataDuringCreation": True},
        {"uploadDataDuringCreation": True, "chunkSize": 1_000_000},
        {"parallelUploads": 3},
        {"overridePatchMethod": True},
        {"chunkSize": 1_000_000, "stopAfter": True},
    ],
    ids=json.dumps,
)
async def test_tus_js_client_uploads(
    server: tuple[str, int], ada: Person, connection: Any, tmp_path_factory: pytest.TempPathFactory, options: Any
) -> None:
    file = tmp_path_factory.mktemp("tus") / "film.mp4"
    await asyncio.to_thread(file.write_bytes, CONTENT)
    arguments = (f"{server[0]}/api/v1/uploads", str(file), ada.token, json.dumps(options))
    told = await asyncio.to_thread(npm.run, TUS_JS, *arguments)
    assert await stored_digest(connection, json.loads(told)["url"]) == sha256(CONTENT)
