"""Light children in place of `efir api`, `worker` and `migrate`: `efir up` is tested here by its processes.

Run as `stand_in.py up …` it is `efir up` with itself as the children.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import unquote

SLEEP = ["/bin/sleep", "1000"]


def note(line: str) -> None:
    """Write down what happened, for the test to read."""
    with Path(os.environ["EFIR_DATA_DIR"], "order.log").open("a") as file:
        file.write(f"{line}\n")


def database_answers() -> bool:
    """Tell whether somebody listens on the database's socket."""
    folder = unquote(os.environ["EFIR_DATABASE__URL"].partition("?host=")[2])
    with socket.socket(socket.AF_UNIX) as link:
        return link.connect_ex(f"{folder}/.s.PGSQL.5432") == 0


def answer(listener: socket.socket) -> None:
    """Answer requests: readiness depends on the database."""
    while True:
        link, _ = listener.accept()
        with link:
            ready = link.recv(4096).startswith(b"GET /readyz ") and database_answers()
            link.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if ready else b"HTTP/1.1 503 Unavailable\r\n\r\n")


def until_told(name: str) -> None:
    """Wait for SIGTERM, note it."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    note(f"{name} started as {os.geteuid()} by {os.getpid()}")
    while not told.wait(0.1):
        pass
    note(f"{name} stopped, database {'answers' if database_answers() else 'is unavailable'}")


def api() -> None:
    """Serve, with a process of the same group as a web server has."""
    listener = socket.create_server((os.environ["EFIR_HOST"], int(os.environ["EFIR_PORT"])))
    subprocess.Popen(SLEEP)
    threading.Thread(target=answer, args=(listener,), daemon=True).start()
    until_told("api")


def worker(queue: str) -> None:
    """Work, with a child in a session of its own as an encoder is; it is not ended when this process is killed."""
    encoder = subprocess.Popen(SLEEP, start_new_session=True)
    note(f"encoder {encoder.pid}")
    until_told(queue)
    encoder.kill()
    encoder.wait()


def migrate() -> None:
    """Need the database, and some time."""
    note(f"migrated, database {'answers' if database_answers() else 'is unavailable'}")
    time.sleep(0.05)


if __name__ == "__main__":
    if sys.argv[1] == "up":
        from efir.bootstrap.main import main
        from efir.bootstrap.processes import stack

        stack.COMMAND = (sys.executable, "-I", "-S", __file__)  # the standard library is enough for them
        sys.exit(main(sys.argv[1:]))
    print(f"{sys.argv[1]} speaks", flush=True)
    commands = {"api": api, "worker": lambda: worker(sys.argv[3]), "migrate": migrate, "questions": lambda: None}
    commands[sys.argv[1]]()
