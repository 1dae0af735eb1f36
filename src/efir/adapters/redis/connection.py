"""Connections to Valkey for short questions inside a request: quick to give up, and quiet while it is away."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from typing import Any

import redis.asyncio
import structlog
from redis.exceptions import NoScriptError, RedisError

PATIENCE = 0.25  # seconds; longer would cost the request more than PostgreSQL's answer
INSISTENCE = 2.0  # seconds for what has no other answer that is as good
PAUSE = 1.0  # seconds without questions after a failure, so that an absent server costs requests nothing
GENERATION = "a:gen"
RENEW = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local kept = redis.call('GET', KEYS[1])
if not kept or string.sub(kept, 1, #run) ~= run then redis.call('SET', KEYS[1], run .. ':' .. ARGV[1]) end
"""
log = structlog.get_logger("efir.valkey")


class Away(Exception):
    """Valkey does not answer now."""


class Script:
    """A script known to the server by its hash."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = ""


class Valkey:
    """Runs scripts.

    A server that was restarted may have lost its last second: the first thing a new connection does is to begin a new
    generation then, which makes all copies made before it invalid.
    """

    def __init__(self, url: str, *, connections: int = 16) -> None:
        self._pool = redis.asyncio.BlockingConnectionPool.from_url(
            url, max_connections=connections, timeout=INSISTENCE, socket_timeout=INSISTENCE,
            socket_connect_timeout=INSISTENCE, redis_connect_func=_greet, retry_on_timeout=False,
        )  # fmt: skip
        self.client = redis.asyncio.Redis(connection_pool=self._pool)
        self._quiet_until = 0.0

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Any], *, insist: bool = False) -> Any:
        """Run a script in one round trip. Raises Away, unless `insist` at once while the server is known to be away."""
        if not insist and time.monotonic() < self._quiet_until:
            raise Away
        try:
            async with asyncio.timeout(INSISTENCE if insist else PATIENCE):
                return await self._run(script, keys, arguments)
        except (RedisError, OSError, TimeoutError) as error:
            if time.monotonic() >= self._quiet_until:
                log.warning("valkey is away", error=type(error).__name__)
            self._quiet_until = time.monotonic() + PAUSE
            raise Away from error

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()
        await self._pool.disconnect()

    async def _run(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        if not script.sha:
            script.sha = str(await _text(self.client.script_load(script.text)))
        try:
            return await _text(self.client.evalsha(script.sha, len(keys), *keys, *arguments))
        except NoScriptError:  # the server was restarted or its scripts were flushed
            return await _text(self.client.eval(script.text, len(keys), *keys, *arguments))


async def _text(answer: Any) -> Any:
    return await answer


async def _greet(connection: Any) -> None:
    await connection.on_connect()
    await connection.send_command("EVAL", RENEW, 1, GENERATION, secrets.token_hex(8))
    await connection.read_response()
