"""Walls are proved by trying to pass them: a listener and a canary file must stay untouched."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from efir.adapters.media.confinement import confined_process, sandbox
from efir.adapters.media.confinement.confined_process import Task, workspace
from efir.adapters.media.confinement.sandbox import Limits, Sandbox, candidates, detect, paths, tried
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.domain.processing.source_facts import MediaFormatRefused
from efir.domain.videos.video import MediaRefused
from kit.media.sources import PROGRAM, source

linux = pytest.mark.skipif(sys.platform != "linux", reason="walls of the Linux kernel")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        yield server


@pytest.fixture
def canary(out: Path) -> Path:
    file = out / "canary.mp4"
    file.write_bytes(source("silent.mp4").read_bytes())
    file.chmod(0o644)
    out.chmod(0o755)
    return file


def touched(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except TimeoutError:
        return False
    return True


def port(server: socket.socket) -> int:
    return int(server.getsockname()[1])


@linux
def test_some_walls_stand_on_this_machine(box: Sandbox) -> None:
    assert box.name not in {"off", "none"}
    assert box.reason


def test_switched_off_is_said_so() -> None:
    off = detect("off")
    assert off.name == "off"
    assert "EFIR_MEDIA_SANDBOX=off" in off.reason


def test_without_any_working_walls_the_reason_names_each_try(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Sandbox(name="namespaces", reason="", read=("/nothing",), uid=None)
    monkeypatch.setattr(sandbox, "candidates", lambda _: iter([broken]))
    found = detect()
    assert found.name == "none"
    assert "namespaces: " in found.reason


@linux
def test_walls_that_let_something_through_are_not_believed() -> None:
    assert tried(Sandbox(name="off", reason="")) == "the network can be reached; files outside can be read"


@linux
@pytest.mark.parametrize("program", ["network", "file", "address", "udp", "unix", "namespace"])
async def test_a_program_inside_reaches_nothing_outside(
    boxes: list[Sandbox], out: Path, listener: socket.socket, canary: Path, program: str
) -> None:
    attempts = {
        "network": f"import socket; socket.create_connection(('127.0.0.1', {port(listener)}), 1)",
        "file": f"open({str(canary)!r}).read(1)",
        "address": f"import socket; socket.create_connection(('::ffff:127.0.0.1', {port(listener)}), 1)",
        "udp": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
        "unix": "import socket; socket.socket(socket.AF_UNIX).connect('\\0anything')",
        "namespace": "import ctypes, os\nif ctypes.CDLL(None).unshare(0x10000000): raise OSError",
    }
    for walls in boxes:
        with workspace(walls, out) as work:
            argv = (sandbox.python()[0], "-I", "-S", "-c", attempts[program])
            done = await confined_process.run(walls, Task(argv=argv, work=work))
        assert done.code == 1, walls.name
        assert "Error" in done.complaint
    assert not touched(listener)


@linux
async def test_inside_there_are_no_rights_and_no_other_processes(boxes: list[Sandbox], out: Path) -> None:
    text = (
        "import os, json, ctypes, resource\n"
        "libc = ctypes.CDLL(None)\n"
        "print(json.dumps([os.getuid(), libc.prctl(39, 0, 0, 0, 0), os.getpid(), os.path.exists('/proc/1'),"
        " resource.getrlimit(resource.RLIMIT_NOFILE)[1]]))"
    )
    for walls in boxes:
        with workspace(walls, out) as work:
            argv = (sandbox.python()[0], "-I", "-S", "-c", text)
            done = await confined_process.run(walls, Task(argv=argv, work=work, limits=Limits(files=99)))
        uid, no_new_rights, pid, sees_processes, files = json.loads(done.output)
        assert no_new_rights == 1
        assert files == 99
        assert uid == (walls.uid if walls.uid is not None else os.getuid())
        if walls.name != "filters":
            assert pid < 10
            assert not sees_processes


@linux
@pytest.mark.parametrize("target", ["http://127.0.0.1:{port}/x.ts", "tcp://127.0.0.1:{port}", "file:{canary}"])
async def test_ffmpeg_told_to_leave_cannot(
    boxes: list[Sandbox], out: Path, listener: socket.socket, canary: Path, target: str
) -> None:
    """Even with none of our own options: the walls do not rely on ffmpeg's."""
    address = target.format(port=port(listener), canary=canary)
    argv = (PROGRAM, "-nostdin", "-v", "error", "-i", address, "-c", "copy", "-f", "null", "-")
    for walls in boxes:
        with workspace(walls, out) as work:
            done = await confined_process.run(walls, Task(argv=argv, work=work, wall=20))
        assert done.code != 0, walls.name
    assert not touched(listener)


HOSTILE = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{address}\n#EXTINF:4,\n{canary}\n#EXT-X-ENDLIST\n",
    "hls key": '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{address}"\n#EXTINF:4,\n{canary}\n#EXT-X-ENDLIST\n',
    "dash": '<MPD><Period><AdaptationSet><Representation id="1"><BaseURL>{address}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "concat": "ffconcat version 1.0\nfile {canary}\nfile {address}\n",
    "sdp": "v=0\r\nc=IN IP4 127.0.0.1\r\nm=video {port} RTP/AVP 96\r\na=control:{address}\r\n",
}


@linux
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("wrap", ["bare", "after a box", "in matroska's clothes"])
async def test_a_playlist_in_disguise_reads_and_opens_nothing(
    probe: ConfinedProbe, out: Path, listener: socket.socket, canary: Path, text: str, wrap: str
) -> None:
    address = f"http://127.0.0.1:{port(listener)}/secret"
    body = text.format(address=address, canary=canary, port=port(listener)).encode()
    before = {"bare": b"", "after a box": b"\x00\x00\x00\x08free", "in matroska's clothes": b"\x1a\x45\xdf\xa3\n"}
    file = out / "holiday.mp4"
    file.write_bytes(before[wrap] + body)
    with pytest.raises(MediaRefused) as caught:
        await probe.probe(file)
    assert isinstance(caught.value, MediaFormatRefused) == (wrap == "bare")
    assert not touched(listener)


def test_a_folder_of_root_alone_does_not_stop_another_user() -> None:
    """As root with the environment below a closed home, the walls still change to a user that owns nothing."""
    if os.getuid():
        pytest.skip("only root changes the user")
    closed = [path for path in paths(PROGRAM) if path.startswith("/root/")]
    found = {(walls.name, walls.uid): tried(walls) for walls in candidates(paths(PROGRAM))}
    if "bwrap" not in {name for name, _ in found}:
        pytest.skip("bubblewrap is not installed")
    if not closed:
        pytest.skip("nothing lies below a closed home here")
    assert found["bwrap", sandbox.FOREIGN_UID] is None
