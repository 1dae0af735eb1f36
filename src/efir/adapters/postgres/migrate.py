"""Migrations: Alembic, one process at a time by an advisory lock."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import efir
from efir.adapters.postgres.kernel.constraints import reached


def configured(url: str, schema: str) -> Config:
    """Alembic's configuration; revisions lie beside the sources, or inside an installed package."""
    installed = Path(efir.__file__).parent / "migrations"
    config = Config()
    scripts = installed if installed.is_dir() else Path(efir.__file__).parents[2] / "migrations"
    config.set_main_option("script_location", str(scripts))
    config.attributes.update(url=url, schema=schema)
    return config


def upgrade(url: str, schema: str, revision: str = "head") -> None:
    """Bring the schema to a revision; does nothing when it is there already."""
    command.upgrade(configured(url, schema), revision)


def downgrade(url: str, schema: str, revision: str = "-1") -> None:
    """Take revisions back."""
    command.downgrade(configured(url, schema), revision)


def newest() -> str:
    """Identify the newest revision this code knows."""
    return ScriptDirectory.from_config(configured("", "public")).get_current_head() or ""


async def applied(url: str, schema: str) -> str | None:
    """Identify the revision the database has, or None. Raises DatabaseAway."""
    with reached():
        connection = await asyncpg.connect(url, timeout=5)
        try:
            present = await connection.fetchval("select to_regclass($1)", f"{schema}.alembic_version")
            if present is None:
                return None
            sql = f'select version_num from "{schema}".alembic_version'  # noqa: S608  # a setting, not input
            return str(await connection.fetchval(sql))
        finally:
            await connection.close()
