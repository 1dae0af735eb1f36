"""When a transaction begins and ends: with its first statement, without any for none, by itself for one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from efir.adapters.postgres.kernel.advisory_locks import AdvisoryLock
from efir.adapters.postgres.kernel.constraints import DatabaseUnavailable
from efir.adapters.postgres.kernel.lazy import LazyTransaction, NotCommitted, OneStatement
from efir.application.audio.records import create_named_user
from efir.application.context import Ports, Visitor
from efir.domain.audio.records import UsernameTaken

COUNT = "select count(*) from lazy_rows"
END_HOLDER = """select pg_terminate_backend(pid) from pg_locks
 where locktype = 'advisory' and (classid::bigint << 32 | objid::bigint) = $1::bigint
   and database = (select oid from pg_database where datname = current_database())"""  # others share the server
ADD = "insert into lazy_rows values ($1)"


class Spy:
    """A connection that remembers what was sent."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.sent: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._connection, name)
        if name == "is_closed":
            return method

        def sending(sql: str, *given: Any, **options: Any) -> Any:
            self.sent.append(sql)
            return method(sql, *given, **options)

        return sending


@pytest.fixture
async def spy(database_url: str) -> AsyncIterator[Spy]:
    """A connection with a table of its own."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("create temporary table lazy_rows (n int unique)")
    yield Spy(connection)
    await connection.close()


async def test_what_sends_no_statement_sends_nothing(spy: Spy) -> None:
    work = LazyTransaction(spy)
    await work.commit()
    await LazyTransaction(spy).rollback()
    assert spy.sent == []


async def test_begin_travels_with_a_first_statement_that_has_no_values(spy: Spy) -> None:
    work = LazyTransaction(spy)
    await work.execute("lock table lazy_rows")
    await work.execute(ADD, 1)
    await work.commit()
    assert spy.sent == ["BEGIN; lock table lazy_rows", ADD, "COMMIT"]
    assert await spy.fetchval(COUNT) == 1


async def test_a_first_statement_with_values_comes_after_begin_and_answers(spy: Spy) -> None:
    work = LazyTransaction(spy)
    assert await work.fetchval(f"{ADD} returning n", 7) == 7
    assert spy.sent == ["BEGIN", f"{ADD} returning n"]
    await work.rollback()
    assert await spy.fetchval(COUNT) == 0


async def test_a_swallowed_failure_is_never_taken_for_a_commit(spy: Spy) -> None:
    work = LazyTransaction(spy)
    await work.execute(ADD, 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await work.execute(ADD, 1)
    with pytest.raises(NotCommitted):
        await work.commit()
    assert await spy.fetchval(COUNT) == 0


async def nested(work: LazyTransaction, *numbers: int) -> None:
    """Add rows in a part of its own."""
    async with work.transaction():
        for number in numbers:
            await work.execute(ADD, number)


async def test_a_nested_part_fails_alone_and_may_be_nested_again(spy: Spy) -> None:
    work = LazyTransaction(spy)
    async with work.transaction():
        await work.execute(ADD, 1)
        with pytest.raises(asyncpg.UniqueViolationError):
            await nested(work, 2, 1)
        await work.execute(ADD, 3)
    await work.commit()
    assert [row[0] for row in await spy.fetch("select n from lazy_rows order by n")] == [1, 3]


async def test_a_failed_first_statement_leaves_nothing_open(spy: Spy) -> None:
    work = LazyTransaction(spy)
    with pytest.raises(asyncpg.UndefinedTableError):
        await work.execute("lock table nothing_there")
    await work.rollback()
    assert await spy.fetchval("select 1") == 1


async def test_a_lost_connection_needs_no_rollback(spy: Spy, connection: Any) -> None:
    work = LazyTransaction(spy)
    pid = await work.fetchval("select pg_backend_pid()")
    await connection.execute("select pg_terminate_backend($1)", pid)
    await asyncio.sleep(0.2)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError)):
        await work.execute(ADD, 1)
    await asyncio.sleep(0.1)
    await work.rollback()


async def cut_off(ports: Ports, connection: Any) -> None:
    """Lose the connection of a transaction between two of its statements."""
    async with ports.begin() as tx:
        await tx.questions.claim("lazy", 0)
        await connection.fetch(END_HOLDER, int(AdvisoryLock.QUESTIONS))
        await tx.questions.claim("lazy", 0)


async def test_a_connection_lost_inside_a_transaction_is_told_as_the_database_being_away(
    ports: Ports, connection: Any
) -> None:
    with pytest.raises(DatabaseUnavailable):
        await cut_off(ports, connection)
    async with ports.begin() as tx:
        await tx.questions.claim("lazy", 0)


async def test_a_second_statement_of_a_single_one_is_refused_before_it_is_sent(spy: Spy) -> None:
    single: Any = OneStatement(spy)
    await single.execute(ADD, 1)
    with pytest.raises(RuntimeError, match="only one statement"):
        await single.execute(ADD, 2)
    with pytest.raises(RuntimeError, match="only one statement"):
        _ = OneStatement(spy).transaction
    assert spy.sent == [ADD]


async def test_a_single_change_is_whole_or_not_there(ports: Ports, connection: Any) -> None:
    now = datetime.now(UTC)
    await create_named_user(ports, name="Ada", visitor=Visitor(ip="192.0.2.1"), now=now)
    with pytest.raises(UsernameTaken):
        await create_named_user(ports, name="ADA", visitor=Visitor(ip="192.0.2.1"), now=now)
    assert await connection.fetchval("select count(*) from user_account") == 1
    assert await connection.fetchval("select count(*) from api_token") == 1


async def undone(ports: Ports) -> None:
    """Make a user inside a transaction that fails afterwards."""
    async with ports.begin() as tx:
        await create_named_user(ports.nest(tx), name="Ada", visitor=Visitor(ip="192.0.2.1"), now=datetime.now(UTC))
        raise ZeroDivisionError


async def test_a_single_change_inside_an_outer_transaction_lasts_only_with_it(ports: Ports, connection: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        await undone(ports)
    assert await connection.fetchval("select count(*) from user_account") == 0
