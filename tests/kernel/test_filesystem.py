import asyncio
import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.storage import durable
from efir.adapters.storage.filesystem import FilesystemBlobStore
from efir.adapters.storage.scratch import LockedScratch
from efir.ports.kernel.blobs import Blob, BlobKeyRefused, BlobMissing, BlobStore, Scratch, StorageFull, blob_key

KEY = blob_key("vid/0190/1/720/00001-abcdef.m4s")


@pytest.fixture
def store(tmp_path: Path) -> FilesystemBlobStore:
    return FilesystemBlobStore(tmp_path / "media")


async def content(store: BlobStore, key: str) -> bytes:
    blob = await store.open(blob_key(key))
    try:
        return await blob.read(0, blob.size)
    finally:
        blob.close()


async def listed(store: BlobStore, prefix: str = "") -> set[str]:
    return {info.key async for info in store.list(blob_key(prefix) if prefix else None)}


def test_the_adapter_is_what_the_ports_ask_for(store: FilesystemBlobStore) -> None:
    blobs: BlobStore = store
    scratch: Scratch = store.scratch
    for port, adapter in ((BlobStore, blobs), (Scratch, scratch)):
        assert {name for name in vars(port) if not name.startswith("_")} <= set(dir(adapter))


async def test_stored_bytes_come_back(store: FilesystemBlobStore) -> None:
    await store.put_bytes(KEY, b"0123456789")
    blob: Blob = await store.open(KEY)
    assert blob.size == 10
    assert await blob.read(0, 100) == b"0123456789"
    assert await blob.read(3, 4) == b"3456"
    assert await blob.read(8, 4) == b"89"
    assert await blob.read(10, 4) == b""
    assert await blob.read(0, 0) == b""
    assert blob.path is not None
    assert blob.path.read_bytes() == b"0123456789"
    blob.close()
    blob.close()


async def test_a_file_is_moved_not_copied(store: FilesystemBlobStore) -> None:
    async with store.scratch.directory("job") as work:
        made = work / "out.m4s"
        made.write_bytes(b"segment")
        inode = made.stat().st_ino
        await store.put_file(KEY, made)
        assert not made.exists()
    blob = await store.open(KEY)
    assert blob.path is not None
    assert blob.path.stat().st_ino == inode
    blob.close()


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no second file system")  # noqa: S108  # another device is needed
def test_a_file_of_another_file_system_is_taken_too(store: FilesystemBlobStore) -> None:
    foreign = Path(f"/dev/shm/efir-{os.getpid()}")  # noqa: S108  # another device is needed
    foreign.write_bytes(b"from elsewhere")
    asyncio.run(store.put_file(KEY, foreign))
    assert not foreign.exists()
    assert asyncio.run(content(store, KEY)) == b"from elsewhere"
    assert list(store.scratch.root.iterdir()) == []


async def test_putting_again_replaces_and_an_open_object_stays_readable(store: FilesystemBlobStore) -> None:
    await store.put_bytes(KEY, b"old")
    blob = await store.open(KEY)
    await store.put_bytes(KEY, b"newer")
    assert await blob.read(0, 9) == b"old"
    blob.close()
    assert await content(store, KEY) == b"newer"


async def test_a_missing_object_and_a_directory_are_missing(store: FilesystemBlobStore) -> None:
    await store.put_bytes(KEY, b"x")
    for key in ("nothing", "vid", "vid/0190", f"{KEY}/below"):
        with pytest.raises(BlobMissing):
            await store.open(blob_key(key))


async def test_deleting_twice_is_fine_and_leaves_no_empty_directories(store: FilesystemBlobStore) -> None:
    await store.put_bytes(KEY, b"x")
    await store.delete(KEY)
    await store.delete(KEY)
    assert await listed(store) == set()
    assert not (store.scratch.root.parent / "objects" / "vid").exists()


async def test_a_prefix_ends_at_a_slash(store: FilesystemBlobStore) -> None:
    for key in ("vid/1/a", "vid/1/b/c", "vid/10/a", "src/1"):
        await store.put_bytes(blob_key(key), b"x")
    assert await listed(store, "vid/1") == {"vid/1/a", "vid/1/b/c"}
    await store.delete_prefix(blob_key("vid/1"))
    await store.delete_prefix(blob_key("vid/1"))
    assert await listed(store) == {"vid/10/a", "src/1"}
    assert list(store.scratch.root.iterdir()) == []


async def test_a_listing_tells_size_and_time(store: FilesystemBlobStore) -> None:
    await store.put_bytes(KEY, b"12345")
    (info,) = [info async for info in store.list()]
    blob = await store.open(KEY)
    assert (info.key, info.size, info.modified) == (KEY, 5, blob.modified)
    blob.close()


async def test_a_long_listing_is_complete(store: FilesystemBlobStore) -> None:
    directory = store.scratch.root.parent / "objects" / "many"
    directory.mkdir()
    for number in range(1_203):
        (directory / f"{number}").touch()
    assert len(await listed(store)) == 1_203


@pytest.mark.parametrize(
    "text",
    ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/.hidden", "-rf", "a/-i", "a b", "a\n", "a\0", "ключ",
     "a\\b", "a" * 401, "a/" + "b" * 201],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BlobKeyRefused):
        blob_key(text)


@given(st.text(alphabet="ab./-_\\~%\0", max_size=20))
def test_no_key_leaves_the_store(text: str) -> None:
    try:
        key = blob_key(text)
    except BlobKeyRefused:
        return
    assert os.path.normpath(f"/root/{key}") == f"/root/{key}"


async def test_parallel_puts_and_deletes_of_neighbours_lose_nothing(store: FilesystemBlobStore) -> None:
    async def churn(number: int) -> None:
        for turn in range(15):
            await store.put_bytes(blob_key(f"a/b/{number}/{turn % 2}"), b"x")
            await store.delete(blob_key(f"a/b/{number}/{turn % 2}"))
        await store.put_bytes(blob_key(f"a/b/{number}/kept"), b"x")

    await asyncio.gather(*(churn(number) for number in range(6)))
    assert await listed(store) == {f"a/b/{number}/kept" for number in range(6)}


async def test_a_full_disk_is_named_and_leaves_nothing(
    store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    with monkeypatch.context() as patch:
        patch.setattr(durable, "sync_file", refuse)
        with pytest.raises(StorageFull):
            await store.put_bytes(KEY, b"x")
    assert await listed(store) == set()
    assert list(store.scratch.root.iterdir()) == []
    await store.put_bytes(KEY, b"x")
    assert await content(store, KEY) == b"x"


async def test_file_calls_stay_off_the_event_loop(store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    def spy(name: str) -> None:
        real = getattr(os, name)

        def call(*args: Any, **names: Any) -> Any:
            threads.add(threading.get_ident())
            return real(*args, **names)

        monkeypatch.setattr(os, name, call)

    for name in ("open", "fsync", "rename", "replace", "unlink", "rmdir", "pread", "scandir"):
        spy(name)
    monkeypatch.setattr("efir.adapters.storage.cached._NOWAIT", 0)
    monkeypatch.setattr("efir.adapters.storage.cached._system", None)
    await store.put_bytes(KEY, b"x" * 100)
    assert await content(store, KEY) == b"x" * 100
    assert await listed(store) == {KEY}
    await store.delete(KEY)
    assert len(threads) >= 1
    assert threading.get_ident() not in threads


@pytest.mark.skipif(sys.platform != "linux", reason="Linux can promise not to wait")
async def test_what_is_in_memory_needs_no_thread(store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.put_bytes(KEY, b"0123456789")
    assert await content(store, KEY) == b"0123456789"

    async def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(asyncio, "to_thread", refuse)
    assert await content(store, KEY) == b"0123456789"


async def test_without_help_of_the_kernel_all_is_the_same(
    store: FilesystemBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("efir.adapters.storage.cached._NOWAIT", 0)
    monkeypatch.setattr("efir.adapters.storage.cached._system", None)
    await store.put_bytes(KEY, b"0123456789")
    assert await content(store, KEY) == b"0123456789"
    with pytest.raises(BlobMissing):
        await store.open(blob_key("vid"))


async def test_scratch_is_gone_on_leaving_even_by_an_error(store: FilesystemBlobStore) -> None:
    async def fail() -> None:
        async with store.scratch.directory("Job 7/../x") as work:
            assert work.parent == store.scratch.root
            (work / "deep").mkdir()
            (work / "deep" / "file").write_bytes(b"x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert list(store.scratch.root.iterdir()) == []


async def test_a_sweep_spares_the_living_and_takes_the_dead(store: FilesystemBlobStore) -> None:
    root = store.scratch.root
    (root / "left-by-a-crash").mkdir()
    (root / "left-by-a-crash" / "file").write_bytes(b"x")
    (root / "file-left").touch()
    async with store.scratch.directory("mine") as work:
        other = LockedScratch(root)
        assert await other.sweep() == 2
        assert list(root.iterdir()) == [work]


def test_a_killed_process_loses_its_scratch(store: FilesystemBlobStore) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from efir.adapters.storage.scratch import LockedScratch\n"
        "async def main():\n"
        "    async with LockedScratch(Path(sys.argv[1])).directory('job') as work:\n"
        "        (work / 'half').write_bytes(b'x'); print('ready', flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    root = store.scratch.root
    with subprocess.Popen([sys.executable, "-c", program, root], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        assert asyncio.run(store.scratch.sweep()) == 0
        child.send_signal(signal.SIGKILL)
    assert asyncio.run(store.scratch.sweep()) == 1
    assert list(root.iterdir()) == []


def _sweep_for_ever(root: Path, stop: Any) -> None:
    while not stop.is_set():
        asyncio.run(LockedScratch(root).sweep())


def test_sweeps_never_harm_what_is_being_made(store: FilesystemBlobStore) -> None:
    async def work(number: int) -> None:
        for turn in range(20):
            await store.put_bytes(blob_key(f"k/{number}/{turn}"), b"x")
            async with store.scratch.directory("job") as place:
                (place / "file").write_bytes(b"y")
                await store.put_file(blob_key(f"f/{number}/{turn}"), place / "file")

    async def all_work() -> None:
        await asyncio.gather(*(work(number) for number in range(4)))

    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    sweeper = context.Process(target=_sweep_for_ever, args=(store.scratch.root, stop))
    sweeper.start()
    try:
        asyncio.run(all_work())
    finally:
        stop.set()
        sweeper.join()
    assert len(asyncio.run(listed(store))) == 160
