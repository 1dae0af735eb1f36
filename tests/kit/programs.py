"""Servers from outside that a test runs on a free port of this machine and ends by its own process id."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which("nginx")
HERE = Path(__file__).parents[1]
PATIENCE = 60.0  # a busy machine starts slowly


def free_port() -> int:
    """Find a port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def granian(target: str, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[tuple[int, int]]:
    """Serve `module:factory` found below tests/ on one worker; gives its port and process id."""
    port = free_port()
    command = (
        f"-m granian --interface asgi --runtime-mode st --workers 1 --no-ws --log-level warning --factory --port {port}"
    )
    arguments = [sys.executable, *command.split(), *options, target]
    with running(arguments, port, {**os.environ, "PYTHONPATH": str(HERE), **(environment or {})}) as process:
        yield port, process.pid


@contextmanager
def nginx(directory: Path, server: str) -> Iterator[int]:
    """Run nginx with the lines of one server block; gives its port."""
    port = free_port()
    directory.mkdir(parents=True, exist_ok=True)
    temporary = " ".join(
        f"{name}_temp_path {directory}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (directory / "nginx.conf").write_text(
        f"""{"user root;" if os.getuid() == 0 else ""} daemon off; worker_processes 1; pid {directory}/pid;
        events {{ worker_connections 256; }}
        http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; {temporary}
        server {{ listen 127.0.0.1:{port}; {server} }} }}""",
        encoding="utf-8",
    )
    command = [str(NGINX), "-p", str(directory), "-e", f"{directory}/error.log", "-c", f"{directory}/nginx.conf"]
    with running(command, port, os.environ):
        yield port


@contextmanager
def running(command: list[str], port: int, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the block ends; returns when its port answers."""
    with subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            wait_for(port, process)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when a port answers; raises when the program ends or stays silent."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer")


def memory_of(pid: int) -> int:
    """Resident bytes of a process and its children."""
    pages = 0
    for found in (pid, *children_of(pid)):
        pages += int(Path(f"/proc/{found}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def children_of(pid: int) -> list[int]:
    """Process ids of all descendants."""
    direct = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return direct + [below for child in direct for below in children_of(child)]


@contextmanager
def serving(environment: Mapping[str, str], **changes: str) -> Iterator[tuple[str, int]]:
    """Run the API as `efir api` does, on a free port; gives its origin and process id."""
    port = free_port()
    own = {"EFIR_PORT": str(port), "EFIR_API_WORKERS": "1", "EFIR_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    program = "import sys; from efir.bootstrap.main import main; sys.exit(main(['api']))"
    outer = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
    with running([sys.executable, "-c", program], port, {**outer, **environment, **own, **changes}) as process:
        yield f"http://127.0.0.1:{port}", process.pid
