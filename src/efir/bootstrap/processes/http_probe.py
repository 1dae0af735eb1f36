"""Health probe: whether an Efir server responds at an address."""

import asyncio
import contextlib

ANSWER = 2.0
OURSELVES = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # compared, not bound


async def answers(host: str, port: int, path: str) -> bool:
    """Return whether a GET has a response with status 200."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER):
            reader, writer = await asyncio.open_connection(OURSELVES.get(host, host), port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                line = await reader.readline()
            finally:
                writer.close()
            return line.split()[1:2] == [b"200"]
    return False
