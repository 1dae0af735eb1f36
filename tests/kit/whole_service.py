"""The whole service as processes: what a client of another program meets."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kit.programs import free_port, running


@contextmanager
def whole_service(environment: Mapping[str, str]) -> Iterator[int]:
    """Run a server and a worker on the database, files and queue of the given settings; gives the server's port."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}
    port, own, efir = free_port(), inherited | dict(environment), [sys.executable, "-m", "efir"]
    with (
        running([*efir, "api", "--port", str(port)], port, own),
        subprocess.Popen([*efir, "worker"], env=own) as worker,
    ):
        try:
            yield port
        finally:
            worker.terminate()
