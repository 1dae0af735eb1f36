"""How Alembic reaches the database: one connection, an advisory lock, a short lock timeout."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from efir.adapters.postgres.tables import Row

LOCK = 4_205_127_113  # any number, the same in every process


def run(connection: Connection) -> None:
    schema = context.config.attributes["schema"]
    connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.execute(text(f'create schema if not exists "{schema}"'))
    connection.execute(text(f'set search_path to "{schema}", public'))
    connection.execute(text("set lock_timeout to '2s'"))
    connection.commit()
    connection.dialect.default_schema_name = schema
    context.configure(
        connection=connection,
        target_metadata=Row.metadata,
        compare_type=True,
        render_as_batch=False,
        transaction_per_migration=True,
        version_table_schema=schema,
        include_object=lambda _object, name, kind, reflected, _to: (
            not (kind == "table" and reflected and name not in Row.metadata.tables)
        ),
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


async def reach() -> None:
    url = context.config.attributes["url"]
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(reach())
