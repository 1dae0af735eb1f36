"""One-time states: of many takers one gets the value, and without Valkey there is no way around."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import redis.asyncio

from efir.adapters.redis.connection import Valkey
from efir.adapters.redis.one_time_store import ValkeyOneTimeStore
from efir.ports.kernel.one_time_store import OneTimeStoreUnavailable


@pytest.fixture
async def states(redis_url: str) -> AsyncIterator[ValkeyOneTimeStore]:
    valkey = Valkey(redis_url)
    yield ValkeyOneTimeStore(valkey)
    await valkey.close()


async def test_of_many_takers_one_gets_the_value(states: ValkeyOneTimeStore) -> None:
    key = str(uuid4())
    await states.put(key, b"once", seconds=60)
    assert await states.look(key) == b"once"
    taken = await asyncio.gather(*(states.take(key) for _ in range(12)))
    assert sorted(filter(None, taken)) == [b"once"]
    assert await states.look(key) is None


async def test_a_value_ends_with_its_time(states: ValkeyOneTimeStore, redis_url: str) -> None:
    key = str(uuid4())
    await states.put(key, b"long", seconds=60)
    async with redis.asyncio.from_url(redis_url) as valkey:
        assert 0 < await valkey.pttl(f"once:{key}") <= 60_000
    await states.put(key, b"short", seconds=1)
    async with asyncio.timeout(30):
        while await states.look(key) is not None:  # noqa: ASYNC110  # Valkey has no event for it
            await asyncio.sleep(0.05)
    assert await states.take(key) is None


async def test_only_the_first_to_name_a_key_is_the_first(states: ValkeyOneTimeStore) -> None:
    key = str(uuid4())
    named = await asyncio.gather(*(states.claim_first(key, seconds=60) for _ in range(12)))
    assert sum(named) == 1


async def test_without_valkey_nothing_is_let_through() -> None:
    valkey = Valkey("redis://127.0.0.1:1")
    states = ValkeyOneTimeStore(valkey)
    with pytest.raises(OneTimeStoreUnavailable):
        await states.put("key", b"value", seconds=60)
    with pytest.raises(OneTimeStoreUnavailable):
        await states.take("key")
    with pytest.raises(OneTimeStoreUnavailable):
        await states.claim_first("key", seconds=60)
    await valkey.close()
