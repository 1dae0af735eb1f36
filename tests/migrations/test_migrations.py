"""Every revision goes up and down, and the tables of the code are those of the migrations."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from efir.adapters.postgres.joined import BROKEN
from efir.adapters.postgres.kernel.revision import find_applied_revision
from efir.adapters.postgres.migrate import commands, downgrade, find_newest_revision, upgrade
from kit.fixtures.instance import named

CANNOT_HAPPEN = {
    "pk_",  # keys are made by us, UUIDv7
    "ck_",  # the domain refuses first
    "uq_password_", "uq_mailbox_proof_", "uq_login_session_secret_hash", "uq_api_token_secret_hash",  # 256 random bits
    "uq_registration_ticket_hash",  # these too
    "uq_jobs_", "uq_renditions_name", "uq_question", "uq_audio_records_owner_id",  # inserted with ON CONFLICT
    "uq_blobs_key", "fk_blob_chunks_",  # keys hold an id of ours
    "fk_password_credential_", "fk_name_hold_", "fk_renditions_", "fk_segments_",  # the parent is of the same work
    "fk_video_assets_", "fk_questions_", "fk_recovery_code_", "fk_name_reservation_",
    "fk_role_permission_", "fk_user_role_role_id_", "uq_signing_key_active", "uq_ban_user_id",  # under a lock
    "fk_audio_records_edited_from_",  # found and held by the statement that names it
    "fk_user_role_granted_by_", "fk_ban_by_id_", "fk_login_event_",  # who acts has an account
}  # fmt: skip

SCHEMA = {
    "columns": """select c.relname, attname, format_type(atttypid, atttypmod), attnotnull::text, attidentity::text,
                         attgenerated::text, attcollation::regcollation::text, pg_get_expr(adbin, adrelid)
                    from pg_attribute join pg_class c on c.oid = attrelid
                    left join pg_attrdef on adrelid = attrelid and adnum = attnum
                   where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped""",
    "constraints": """select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
                       where connamespace = 'public'::regnamespace""",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
}


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _schema(url: str) -> dict[str, set[tuple[str, ...]]]:
    """All columns with their types and defaults, all constraints and all indexes, but for Alembic's own table."""
    connection = await asyncpg.connect(url)
    try:
        found = {what: await connection.fetch(query) for what, query in SCHEMA.items()}
    finally:
        await connection.close()
    return {what: {tuple(row.values()) for row in rows if row[0] != "alembic_version"} for what, rows in found.items()}


@pytest.fixture
def empty(database_server: str) -> Iterator[str]:
    """A database without tables."""
    name = f"migrations_{os.getpid()}"
    asyncio.run(_execute(database_server, f"create database {name}"))
    yield named(database_server, name)
    asyncio.run(_execute(database_server, f"drop database {name} with (force)"))


@pytest.mark.parametrize("schema", ["public", "red"])
def test_every_revision_goes_up_down_and_up_again(empty: str, schema: str) -> None:
    revisions = [
        script.revision for script in ScriptDirectory.from_config(commands(empty, schema).config).walk_revisions()
    ]
    for revision in reversed(revisions):
        upgrade(empty, schema, revision)
        downgrade(empty, schema)
        upgrade(empty, schema, revision)
    assert asyncio.run(find_applied_revision(empty, schema)) == find_newest_revision()


def test_autogenerate_finds_nothing_to_do(empty: str) -> None:
    upgrade(empty, "public")
    commands(empty, "public").check()


@pytest.mark.slow
def test_a_revision_made_from_the_tables_makes_the_schema_of_all_revisions(empty: str, tmp_path: Path) -> None:
    upgrade(empty, "public")
    asked = asyncio.run(_schema(empty))
    asyncio.run(_execute(empty, "drop schema public cascade", "create schema public"))
    alembic = commands(empty, "public")
    alembic.config.set_main_option("path_separator", "os")
    alembic.config.set_main_option("version_locations", str(tmp_path))
    alembic.revision("all tables", autogenerate=True)
    alembic.upgrade()
    assert asyncio.run(_schema(empty)) == asked


@pytest.mark.slow
def test_an_alembic_ini_where_the_command_is_given_is_not_read(empty: str, tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = elsewhere\nnot an option\n", encoding="utf-8")
    environment = {**os.environ, "EFIR_DATABASE__URL": empty, "EFIR_ENV_FILE": os.devnull}
    command = [sys.executable, "-m", "efir", "migrate"]
    told = [
        subprocess.run(command, check=True, env=environment, cwd=tmp_path, capture_output=True, timeout=60)
        for _ in range(2)
    ]
    assert [ended.stdout.decode() for ended in told] == [
        f"the database went from revision none to {find_newest_revision()}\n",
        f"the database is at revision {find_newest_revision()}, the newest\n",
    ]
    assert [ended.stderr for ended in told] == [b"", b""]


def test_two_processes_may_migrate_at_once(empty: str) -> None:
    environment = {**os.environ, "EFIR_DATABASE__URL": empty, "EFIR_ENV_FILE": os.devnull}
    both = [subprocess.Popen([sys.executable, "-m", "efir", "migrate"], env=environment) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert asyncio.run(find_applied_revision(empty, "public")) == find_newest_revision()


def test_every_constraint_is_a_domain_error_or_cannot_break(empty: str) -> None:
    upgrade(empty, "public")

    async def constraints() -> set[str]:
        connection = await asyncpg.connect(empty)
        try:
            rows = await connection.fetch(
                """select conname from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
                   union select indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indexrelid
                    where indisunique and relnamespace = 'public'::regnamespace"""
            )
            return {row[0] for row in rows} - {"alembic_version_pkc"}
        finally:
            await connection.close()

    known = asyncio.run(constraints())
    assert set(BROKEN) <= known
    assert {name for name in known - set(BROKEN) if not name.startswith(tuple(CANNOT_HAPPEN))} == set()
