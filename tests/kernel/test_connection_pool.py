"""Connections between two uses: lent at once, never while they are broken or busy, and shared when they are few."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from efir.adapters.postgres.kernel import pool as pools
from efir.adapters.postgres.kernel.pool import Connections

MINE = "select pg_backend_pid()"


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Any]:
    """Two connections at most, opened when needed, never reset."""
    async with asyncpg.create_pool(database_url, min_size=0, max_size=2, reset=kept) as made:
        yield made


@pytest.fixture
async def lender(pool: Any) -> AsyncIterator[Connections]:
    made = Connections(pool, wait=60)
    yield made
    await made.close()


@pytest.fixture
async def impatient(pool: Any) -> AsyncIterator[Connections]:
    made = Connections(pool, wait=0.1)
    yield made
    await made.close()


async def kept(_connection: Any) -> None:
    """Nothing to reset."""


async def used(lender: Connections) -> int:
    """Use a connection; return which one."""
    connection = await lender.take()
    found = int(await connection.fetchval(MINE))
    await lender.give_back(connection, clean=True)
    return found


async def test_the_connection_used_last_is_lent_again(lender: Connections, pool: Any) -> None:
    assert len({await used(lender) for _ in range(5)}) == 1
    assert (pool.get_size(), pool.get_idle_size()) == (1, 0)


async def test_many_share_a_few_connections(lender: Connections, pool: Any) -> None:
    assert len(set(await asyncio.gather(*(used(lender) for _ in range(200))))) <= 2
    assert pool.get_size() <= 2


async def test_who_waits_gets_what_is_given_back(lender: Connections) -> None:
    both = [await lender.take(), await lender.take()]
    waiting = asyncio.create_task(used(lender))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await lender.give_back(both[0], clean=True)
    assert await waiting
    await lender.give_back(both[1], clean=True)


async def test_nobody_waits_longer_than_agreed(lender: Connections, impatient: Connections) -> None:
    both = [await lender.take(), await lender.take()]
    with pytest.raises(TimeoutError):
        await impatient.take()
    for one in both:
        await lender.give_back(one, clean=True)
    assert await used(lender)


async def test_a_connection_that_the_server_ended_is_replaced(lender: Connections, connection: Any) -> None:
    first = await used(lender)
    await connection.execute("select pg_terminate_backend($1)", first)
    alive = False
    while not alive:  # the news of its end may still be on the way
        lent = await lender.take()
        alive = await survives(lent)
        await lender.give_back(lent, clean=alive)
    assert await used(lender) != first


async def survives(connection: Any) -> bool:
    """Whether it still answers."""
    try:
        await connection.fetchval(MINE)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        return False
    return True


async def test_a_statement_that_is_given_up_disturbs_nobody(lender: Connections, connection: Any) -> None:
    lent = await lender.take()
    slow = asyncio.create_task(lent.execute("select pg_sleep(30)"))
    running = "select count(*) from pg_stat_activity where state = 'active' and query = 'select pg_sleep(30)'"
    async with asyncio.timeout(10):
        while not await connection.fetchval(running):  # noqa: ASYNC110  # the server has no event for it
            await asyncio.sleep(0.02)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    await lender.give_back(lent, clean=False)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*(used(lender) for _ in range(20)))


async def test_what_nobody_uses_goes_back_to_the_pool(
    lender: Connections, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "SWEEP_SECONDS", 0.05)
    await used(lender)
    assert pool.get_idle_size() == 0
    async with asyncio.timeout(10):
        while not pool.get_idle_size():  # noqa: ASYNC110  # the pool has no event for it
            await asyncio.sleep(0.02)
    assert await used(lender)


async def test_a_closed_lender_keeps_nothing(lender: Connections, pool: Any) -> None:
    await asyncio.gather(*(used(lender) for _ in range(4)))
    await lender.close()
    assert pool.get_idle_size() == pool.get_size()
    await asyncio.wait_for(pool.close(), 10)


async def test_a_connection_that_ended_while_nobody_used_it_is_replaced(
    lender: Connections, pool: Any, connection: Any
) -> None:
    first = await used(lender)
    await connection.execute("select pg_terminate_backend($1)", first)
    async with asyncio.timeout(10):
        while pool.get_size():  # noqa: ASYNC110  # the news of its end comes by itself, without an event
            await asyncio.sleep(0.02)
    assert len({await used(lender) for _ in range(5)} - {first}) == 1
    both = [await lender.take(), await lender.take()]
    for one in both:
        await lender.give_back(one, clean=True)
