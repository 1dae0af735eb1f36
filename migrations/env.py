"""How Alembic reaches the database: one connection, an advisory lock, a short lock timeout."""

import asyncio
from typing import cast

from advanced_alchemy.alembic.commands import AlembicCommandConfig
from advanced_alchemy.base import metadata_registry
from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from efir.adapters.postgres.kernel.advisory_locks import AdvisoryLock

config = cast("AlembicCommandConfig", context.config)
metadata = metadata_registry.get(config.bind_key)


def run(connection: Connection) -> None:
    schema = config.version_table_schema
    connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": int(AdvisoryLock.MIGRATIONS)})
    connection.execute(text(f'create schema if not exists "{schema}"'))
    connection.execute(text(f'set search_path to "{schema}", public'))
    connection.execute(text("set lock_timeout to '2s'"))
    connection.commit()
    connection.dialect.default_schema_name = schema
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=config.compare_type,
        render_as_batch=config.render_as_batch,
        user_module_prefix=config.user_module_prefix,
        transaction_per_migration=True,
        version_table=config.version_table_name,
        version_table_schema=schema,
        include_object=lambda _object, name, kind, reflected, _to: (
            not (kind == "table" and reflected and name not in metadata.tables)
        ),
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()


async def reach(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


asyncio.run(reach(cast("AsyncEngine", config.engine)))
