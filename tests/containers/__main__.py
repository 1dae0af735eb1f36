"""Build the images, start compose.yaml, use it, take it down and up again, lose everything and restore a backup.

Needs root, mmdebstrap, and podman with runc, netavark and aardvark-dns, or docker, on Debian or Ubuntu; no registry of
images is asked. Exit code 0 when everything was found again.
"""

import argparse
import json
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from containers import backup, images, page, visit, walls
from containers.engine import CommandBroke, Engine, engine_of
from kit.programs import free_port

MIB = 1 << 20
Left = dict[str, visit.Left]


def main() -> int:
    """Do it all; answers the exit code."""
    parser = argparse.ArgumentParser(prog="just containers", description=__doc__)
    parser.add_argument("--engine", choices=("podman", "docker"), default="podman")
    parser.add_argument("--fresh", action="store_true", help="make the base images again")
    parser.add_argument("--keep", action="store_true", help="leave the containers running")
    parser.add_argument("--skip", default="", metavar="A,B", help="parts this Efir may lack: video, quiz, audio")
    arguments = parser.parse_args()
    if missing := images.missing(arguments.engine):
        print(f"not installed: {' '.join(missing)}; Debian's packages have these names", file=sys.stderr)
        return 2
    skipped = set(filter(None, arguments.skip.split(",")))
    with tempfile.TemporaryDirectory(prefix="efir-containers-") as folder:
        try:
            engine = engine_of(arguments.engine, f"efir-check-{secrets.token_hex(3)}", Path(folder), variables())
            with step("images"):
                images.build(engine, fresh=arguments.fresh)
            for image in images.BUILT:
                print(f"  {image}: {engine.size(image) / MIB:.0f} MiB")
            Check(engine, Path(folder), set(visit.PARTS) - skipped).run(keep=arguments.keep)
        except (CommandBroke, AssertionError, TimeoutError, httpx.HTTPError) as error:
            print(f"FAILED: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
    print("everything was found again")
    return 0


@contextmanager
def step(name: str) -> Iterator[None]:
    """Tell what is done and how long it took."""
    began = time.monotonic()
    print(f"{name} …", flush=True)
    yield
    print(f"  {time.monotonic() - began:.1f} s", flush=True)


def variables() -> dict[str, str]:
    """Choose what compose.yaml leaves open."""
    port = str(free_port())
    return {
        "IMAGE_OF_EFIR": images.EFIR,
        "IMAGE_OF_POSTGRES": images.POSTGRES,
        "IMAGE_OF_VALKEY": images.VALKEY,
        "POSTGRES_PASSWORD": secrets.token_urlsafe(18) + "@/%:",  # such characters need quoting in an address
        "EFIR_HOST": "127.0.0.1",
        "EFIR_PORT": port,
        "EFIR_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }


class Check:
    """One run against one project; everything is removed at its end."""

    def __init__(self, engine: Engine, room: Path, parts: set[str]) -> None:
        self._engine, self._room, self._parts = engine, room, parts
        self._client = httpx.Client(base_url=engine.environ["EFIR_PUBLIC_URL"], timeout=60)

    def run(self, *, keep: bool) -> None:
        """Use the service, and look for what was left after each way of losing the containers."""
        whole = False
        try:
            with step("first start, until everything answers"):
                self._up()
            self._look()
            left = self._leave()
            if {"quiz", "audio"} <= self._parts:
                with step("requests of the page"):
                    said, sound = page.question_and_recording(self._engine.environ["EFIR_PUBLIC_URL"], self._room)
                demand("question" in json.loads(said), f"the page's request for a question: {said}")
                demand(sound.startswith(b"ID3"), "the page's recording is no MP3")
            with step("down"):
                self._engine.project("down")
            with step("second start"):
                self._up()
            self._find(left, "after down and up")
            saved = self._room / "backup"
            with step("backup"):
                backup.save(self._engine, saved)
            with step("volumes removed, restored into new ones"):
                self._engine.project("down", "--volumes")
                backup.restore(self._engine, saved)
                self._up()
            self._find(left, "after the restore")
            whole = True
        finally:
            if not whole:
                self._tell_logs()
            if not keep:
                self._engine.project("down", "--volumes")

    def _up(self) -> None:
        self._engine.project("up", "--detach", "--no-build")
        visit.awaited(lambda: visit.ready(self._client), "the API is ready")
        for service in walls.SERVICES:
            visit.awaited(lambda service=service: walls.healthy(self._engine, service), f"{service} is healthy")

    def _look(self) -> None:
        published = walls.published(self._engine)
        demand(published == {"api": [f"127.0.0.1:{self._engine.environ['EFIR_PORT']}"]}, f"published: {published}")
        breaches = walls.breaches(self._engine)
        demand(not breaches, "; ".join(breaches))
        for service in ("api", "worker"):
            found = walls.findings(self._engine, service)
            wrong = [f"{name}: {check['detail']}" for name, check in found.items() if check["state"] == "problem"]
            demand(not wrong, f"efir doctor in {service}: {wrong}")
        print(f"  sandbox: {found['sandbox']['detail']}")
        refused = walls.sandbox_without_namespaces(self._engine, self._room)
        print(f"  sandbox where namespaces are refused: {refused}")
        demand(refused.startswith("system call filter: no network"), refused)

    def _leave(self) -> Left:
        absent = self._parts - visit.offered(self._client)
        demand(not absent, f"this Efir lacks {', '.join(sorted(absent))}")
        left = {}
        for part in sorted(self._parts):
            with step(part):
                left[part] = visit.VISITS[part][0](self._client)
        return left

    def _find(self, left: Left, when: str) -> None:
        for part, one in left.items():
            demand(visit.VISITS[part][1](self._client, one), f"{part} is not what it was {when}: {one}")
            print(f"  {part} found {when}")

    def _tell_logs(self) -> None:
        for service in ("postgres", "valkey", "migrate", "api", "worker"):
            try:
                print(f"--- {service}\n{self._engine.logs(service)[-3000:]}", file=sys.stderr)
            except CommandBroke as error:
                print(f"--- {service}: {error}", file=sys.stderr)


def demand(holds: bool, otherwise: str) -> None:  # noqa: FBT001  # reads like `assert`, and stays under -O
    """Raise AssertionError unless the fact holds."""
    if not holds:
        raise AssertionError(otherwise)


if __name__ == "__main__":
    sys.exit(main())
