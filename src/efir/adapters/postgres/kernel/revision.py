"""The migration revision of a database, read without Alembic, which takes longer to load than the query takes."""

import asyncpg

from efir.adapters.postgres.kernel.constraints import reached

VERSION_TABLE = "alembic_version"
PATIENCE = 5.0  # seconds for a connection


async def find_applied_revision(url: str, schema: str) -> str | None:
    """Return the revision of the database, or None. Raises DatabaseUnavailable."""
    with reached():
        connection = await asyncpg.connect(url, timeout=PATIENCE)
        try:
            present = await connection.fetchval("select to_regclass($1)", f"{schema}.{VERSION_TABLE}")
            if present is None:
                return None
            sql = f'select version_num from "{schema}".{VERSION_TABLE}'  # noqa: S608  # a setting, not input
            return str(await connection.fetchval(sql))
        finally:
            await connection.close()
