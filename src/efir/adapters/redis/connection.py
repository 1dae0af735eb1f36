"""A connection to Valkey for short commands within a request: fails fast, and pauses while Valkey is unavailable.

redis-py's asyncio client takes 390 µs of a processor for such a command, this one takes 90 (decision 0013).
"""

import asyncio
import secrets
import ssl
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import hiredis
import structlog
from redis.connection import parse_url

PATIENCE = 0.25  # seconds; a longer wait would cost the request more than asking PostgreSQL
INSISTENCE = 2.0  # seconds for commands without an equivalent fallback
PAUSE = 1.0  # seconds without commands after a failure, so that an absent server does not slow requests down
GENERATION = "a:gen"
RENEW = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local kept = redis.call('GET', KEYS[1])
if not kept or string.sub(kept, 1, #run) ~= run then redis.call('SET', KEYS[1], run .. ':' .. ARGV[1]) end
"""
log = structlog.get_logger("efir.valkey")


class ValkeyUnavailable(Exception):
    """Valkey does not respond now."""


class Script:
    """A script; once it is loaded, it is called by its hash."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = ""


class _Line(asyncio.Protocol):
    """One connection: commands are sent as they come, and replies arrive in the same order."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader()
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._transport: Any = None

    @property
    def usable(self) -> bool:
        """Return whether a command can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Pass each reply to the oldest command."""
        self._reader.feed(data)
        while (answer := self._reader.gets()) is not False:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail all commands without a reply."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_exception(ValkeyUnavailable(str(exc or "the connection ended")))

    async def ask(self, words: tuple[Any, ...], patience: float) -> Any:
        """Send a command and wait for its reply. Raises ValkeyUnavailable when there is none in time."""
        if not self.usable:
            raise ValkeyUnavailable
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(future)
        self._transport.write(hiredis.pack_command(words))
        timer = loop.call_later(patience, self.end)
        try:
            answer = await future
        finally:
            timer.cancel()
        if isinstance(answer, hiredis.HiredisError):
            raise ValkeyUnavailable(str(answer)) from answer
        return answer

    def end(self) -> None:
        """Close at once: after a command without a reply, replies could not be matched to commands."""
        if self._transport is not None:
            self._transport.abort()


class Valkey:
    """Runs scripts on one connection.

    A restarted server may have lost its last second, so a new connection first starts a new generation, which
    invalidates all earlier cached copies.
    """

    def __init__(self, url: str) -> None:
        self._parts: dict[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]  # redis-py has no annotations here
        self._line = _Line()
        self._connecting = asyncio.Lock()
        self._quiet_until = 0.0

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Any], *, insist: bool = False) -> Any:
        """Run a script in one round trip.

        Raises ValkeyUnavailable; without `insist`, at once while the server is known not to respond.
        """
        if not insist and time.monotonic() < self._quiet_until:
            raise ValkeyUnavailable
        patience = INSISTENCE if insist else PATIENCE
        try:
            line = self._line if self._line.usable else await self._connect(patience)
            return await self._run(line, script, (len(keys), *keys, *arguments), patience)
        except (ValkeyUnavailable, OSError, TimeoutError) as error:
            if time.monotonic() >= self._quiet_until:
                log.warning("valkey is unavailable", error=str(error) or type(error).__name__)
            self._quiet_until = time.monotonic() + PAUSE
            raise ValkeyUnavailable from error

    async def close(self) -> None:
        """Close the connection."""
        self._line.end()

    async def _run(self, line: _Line, script: Script, words: tuple[Any, ...], patience: float) -> Any:
        if script.sha:
            try:
                return await line.ask(("EVALSHA", script.sha, *words), patience)
            except ValkeyUnavailable as error:  # NOSCRIPT: the server was restarted, or its scripts were flushed
                if "NOSCRIPT" not in str(error):
                    raise
        script.sha = (await line.ask(("SCRIPT", "LOAD", script.text), patience)).decode()
        return await line.ask(("EVALSHA", script.sha, *words), patience)

    async def _connect(self, patience: float) -> _Line:
        async with asyncio.timeout(patience), self._connecting:
            if not self._line.usable:
                self._line = await self._greet(patience)
            return self._line

    async def _greet(self, patience: float) -> _Line:
        loop, parts = asyncio.get_running_loop(), self._parts
        if "path" in parts:
            _, line = await loop.create_unix_connection(_Line, parts["path"])
        else:
            secure = "SSL" in getattr(parts.get("connection_class"), "__name__", "")
            _, line = await loop.create_connection(
                _Line, parts.get("host", "localhost"), parts.get("port", 6379),
                ssl=ssl.create_default_context() if secure else None,
            )  # fmt: skip
        try:
            if password := parts.get("password"):
                user = [parts["username"]] if parts.get("username") else []
                await line.ask(("AUTH", *user, password), patience)
            if database := parts.get("db"):
                await line.ask(("SELECT", database), patience)
            await line.ask(("EVAL", RENEW, 1, GENERATION, secrets.token_hex(8)), patience)
        except BaseException:
            line.end()
            raise
        return line
