"""Light children in place of `efir api`, `worker` and `migrate`: `efir up` is tested here by its processes.

Run as `stand_in.py up …` it is `efir up` with itself as the children.
"""

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SLEEP = [sys.executable, "-c", "import time; time.sleep(1000)"]


def note(line: str) -> None:
    """Write down what happened, for the test to read."""
    with Path(os.environ["EFIR_DATA_DIR"], "order.log").open("a") as file:
        file.write(f"{line}\n")


def database_answers() -> bool:
    """Tell whether somebody listens on the database's socket."""
    folder = parse_qs(urlsplit(os.environ["EFIR_DATABASE__URL"]).query)["host"][0]
    with socket.socket(socket.AF_UNIX) as link:
        return link.connect_ex(f"{folder}/.s.PGSQL.5432") == 0


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers readiness."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" and database_answers() else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the standard library
        """Say nothing."""


def until_told(name: str) -> None:
    """Wait for SIGTERM, note it."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    note(f"{name} started as {os.geteuid()} by {os.getpid()}")
    while not told.wait(0.1):
        pass
    note(f"{name} stopped, database {'answers' if database_answers() else 'is away'}")


def api() -> None:
    """Serve, with a process of the same group as a web server has."""
    server = http.server.ThreadingHTTPServer((os.environ["EFIR_HOST"], int(os.environ["EFIR_PORT"])), Pages)
    subprocess.Popen(SLEEP)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    until_told("api")
    os.killpg(0, signal.SIGKILL) if "--stubborn" in sys.argv else server.shutdown()


def worker(queue: str) -> None:
    """Work, with a child in a session of its own as an encoder is; it is not ended when this process is killed."""
    encoder = subprocess.Popen(SLEEP, start_new_session=True)
    note(f"encoder {encoder.pid}")
    until_told(queue)
    encoder.kill()
    encoder.wait()


def migrate() -> None:
    """Need the database, and some time."""
    note(f"migrated, database {'answers' if database_answers() else 'is away'}")
    time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1] == "up":
        from efir.bootstrap import stack
        from efir.bootstrap.main import main

        stack.COMMAND = (sys.executable, __file__)
        sys.exit(main(sys.argv[1:]))
    print(f"{sys.argv[1]} speaks", flush=True)
    {"api": api, "worker": lambda: worker(sys.argv[3]), "migrate": migrate}[sys.argv[1]]()
