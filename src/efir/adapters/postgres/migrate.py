"""Migrations: Alembic as advanced-alchemy configures it; an advisory lock lets one process run them at a time."""

from pathlib import Path

import asyncpg
from advanced_alchemy.alembic.commands import AlembicCommands
from advanced_alchemy.config import AlembicAsyncConfig, SQLAlchemyAsyncConfig
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import efir
from efir.adapters.postgres.kernel.revision import VERSION_TABLE
from efir.adapters.postgres.tables import Row


def commands(url: str, schema: str) -> AlembicCommands:
    """Return Alembic's commands for a schema; revisions are beside the sources, or inside an installed package."""
    installed = Path(efir.__file__).parent / "migrations"
    scripts = installed if installed.is_dir() else Path(efir.__file__).parents[2] / "migrations"
    return AlembicCommands(
        SQLAlchemyAsyncConfig(
            # asyncpg accepts URLs that SQLAlchemy rejects: a folder of sockets, several hosts
            engine_instance=create_async_engine(
                "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
            ),
            metadata=Row.metadata,
            alembic_config=AlembicAsyncConfig(
                script_config="",  # otherwise an alembic.ini of the working directory would be read
                script_location=str(scripts),
                version_table_name=VERSION_TABLE,
                version_table_schema=schema,
                user_module_prefix="types.",
                render_as_batch=False,
                compare_type=True,
            ),
        )
    )


def upgrade(url: str, schema: str, revision: str = "head") -> None:
    """Upgrade the schema to a revision; does nothing when it is already there."""
    commands(url, schema).upgrade(revision)


def downgrade(url: str, schema: str, revision: str = "-1") -> None:
    """Downgrade the schema to a revision."""
    commands(url, schema).downgrade(revision)


def find_newest_revision() -> str:
    """Return the newest revision that this code knows; empty when there is none."""
    return ScriptDirectory.from_config(commands("", "public").config).get_current_head() or ""
