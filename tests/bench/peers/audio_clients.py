"""Callers of the audio bench, each in a process of its own so that they disturb nobody but by the load they bring.

`python -m bench.peers.audio_clients pace HOST PROBES` sends small requests at a steady pace and prints how late each
was answered; `… send HOST FILE TOKEN…` sends a recording for each token, without a pause, until standard input ends.
"""

import contextlib
import http.client
import json
import os
import sys
import threading
import time
import uuid
from pathlib import Path

PACE = 50
PATIENCE = 120


def pace(host: str, probes: int) -> None:
    """Print the seconds from when each of `POST /user` was due to its answer, as a JSON array.

    It stands for another machine, so where it may it ranks above all others: how long it waits for a processor of this
    machine says nothing of the service.
    """
    with contextlib.suppress(AttributeError, PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    found = []
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    connection.connect()
    began = time.perf_counter()
    for number in range(probes):
        due = began + number / PACE
        time.sleep(max(0.0, due - time.perf_counter()))
        body = json.dumps({"name": f"user {uuid.uuid4().hex}"})
        connection.request("POST", "/user", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        found.append(time.perf_counter() - due)
        if answer.status != 201:
            raise RuntimeError(answer.status)
    print(json.dumps(found), flush=True)


def send(host: str, content: bytes, tokens: list[str]) -> None:
    """Send until nobody holds standard input any more; print how often which status was answered."""
    over, seen = threading.Event(), []

    def one(token: str) -> None:
        connection = http.client.HTTPConnection(host, timeout=PATIENCE)
        headers = {"authorization": f"Bearer {token}", "content-type": "audio/wav"}
        while not over.is_set():
            connection.request("POST", f"/api/v1/audio-records?title={uuid.uuid4().hex}", content, headers)
            answer = connection.getresponse()
            answer.read()
            seen.append(answer.status)

    threads = [threading.Thread(target=one, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    print(flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    print(json.dumps({status: seen.count(status) for status in sorted(set(seen))}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "pace":
        pace(sys.argv[2], int(sys.argv[3]))
    else:
        send(sys.argv[2], Path(sys.argv[3]).read_bytes(), sys.argv[4:])
