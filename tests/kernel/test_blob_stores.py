"""What every store of objects promises: files, the database, and an S3-compatible service from PyPI."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from efir.adapters.storage.filesystem import FilesystemBlobStore
from efir.adapters.storage.s3 import S3BlobStore, StorageUnavailable
from efir.application.context import Ports
from efir.ports.kernel.blobs import BlobMissing, BlobStore, blob_key
from kit.programs import free_port, running

KEY, OTHER = blob_key("aud/1/sound.mp3"), blob_key("aud/10/sound.mp3")
BIG = random.Random(7).randbytes((1 << 20) + 12_345)  # noqa: S311  # repeatable


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3BlobStore]:
    """A bucket of a server that speaks S3."""
    port = free_port()
    with running([sys.executable, "-W", "ignore", "-m", "moto.server", "-p", str(port)], port, os.environ):
        endpoint = f"http://127.0.0.1:{port}"
        httpx.put(
            f"{endpoint}/efir",
            headers={"authorization": "AWS4-HMAC-SHA256 Credential=k/20261121/us-east-1/s3/aws4_request"},
        ).raise_for_status()
        yield S3BlobStore("s3://efir/below", endpoint=endpoint, region="", access_key="key", secret_key="secret")


@pytest.fixture(params=["files", "database", "s3"])
async def store(request: pytest.FixtureRequest, ports: Ports, tmp_path: Path) -> AsyncIterator[BlobStore]:
    if request.param == "files":
        yield FilesystemBlobStore(tmp_path / "media")
    elif request.param == "database":
        yield ports.audio.database_blobs
    else:
        bucket: S3BlobStore = request.getfixturevalue("bucket")
        yield bucket
        async for info in bucket.list():
            await bucket.delete(info.key)


async def content(store: BlobStore, offset: int = 0, length: int = 1 << 30) -> bytes:
    blob = await store.open(KEY)
    try:
        return await blob.read(offset, length)
    finally:
        blob.close()


async def test_a_file_is_stored_whole_and_taken_away(store: BlobStore, tmp_path: Path) -> None:
    source = tmp_path / "made"
    source.write_bytes(BIG)
    await store.put_file(KEY, source)
    assert not source.exists()
    blob = await store.open(KEY)
    assert blob.size == len(BIG)
    assert blob.modified.tzinfo is not None
    assert await blob.read(0, len(BIG) + 5) == BIG
    blob.close()


async def test_any_part_of_it_is_the_bytes_it_names(store: BlobStore) -> None:
    await store.put_bytes(KEY, BIG)
    chance = random.Random(8)  # noqa: S311  # repeatable
    blob = await store.open(KEY)
    count = 60 if isinstance(store, S3BlobStore) else 1000
    for _ in range(count):
        first = chance.choice([chance.randrange(len(BIG)), 256 << 10, (256 << 10) - 1, len(BIG) - 1])
        length = chance.choice([1, 2, 256 << 10, (256 << 10) + 1, chance.randrange(1, len(BIG))])
        assert await blob.read(first, length) == BIG[first : first + length]
    assert await blob.read(len(BIG), 10) == b""
    assert await blob.read(0, 0) == b""
    blob.close()


async def test_what_is_not_there_is_named_as_missing(store: BlobStore) -> None:
    with pytest.raises(BlobMissing):
        await store.open(KEY)
    await store.delete(KEY)


async def test_a_second_object_under_a_key_replaces_the_first(store: BlobStore) -> None:
    await store.put_bytes(KEY, BIG)
    await store.put_bytes(KEY, b"new")
    assert await content(store) == b"new"


async def test_a_prefix_ends_at_a_slash(store: BlobStore) -> None:
    for key in (KEY, OTHER, blob_key("aud/1/source.wav"), blob_key("vid/1/x.mp4")):
        await store.put_bytes(key, b"x")
    assert {info.key async for info in store.list(blob_key("aud"))} == {KEY, OTHER, "aud/1/source.wav"}
    assert {info.key async for info in store.list(blob_key("aud/1"))} == {KEY, "aud/1/source.wav"}
    await store.delete_prefix(blob_key("aud/1"))
    assert {info.key async for info in store.list()} == {OTHER, "vid/1/x.mp4"}


async def test_what_a_transaction_did_not_commit_is_not_there(ports: Ports) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012  # the end of the transaction is what is tried
        async with ports.begin() as tx:
            await tx.blobs.put_bytes(KEY, BIG)
            raise RuntimeError
    with pytest.raises(BlobMissing):
        await ports.audio.database_blobs.open(KEY)


async def test_a_service_that_is_away_is_named_as_such() -> None:
    nowhere = S3BlobStore(
        "s3://efir", endpoint=f"http://127.0.0.1:{free_port()}", region="", access_key="key", secret_key="secret"
    )
    async with asyncio.timeout(30):
        with pytest.raises(StorageUnavailable):
            await nowhere.open(KEY)
