"""Every revision goes up and down, and the tables of the code are those of the migrations."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory

from conftest import named
from efir.adapters.postgres.kernel.constraints import BROKEN
from efir.adapters.postgres.migrate import applied, configured, downgrade, newest, upgrade

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


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def empty() -> Iterator[str]:
    """A database without tables."""
    server = os.environ["TEST_POSTGRES_URL"]
    name = f"migrations_{os.getpid()}"
    asyncio.run(_execute(server, f"create database {name}"))
    yield named(server, name)
    asyncio.run(_execute(server, f"drop database {name} with (force)"))


@pytest.mark.parametrize("schema", ["public", "red"])
def test_every_revision_goes_up_down_and_up_again(empty: str, schema: str) -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(configured(empty, schema)).walk_revisions()]
    for revision in reversed(revisions):
        upgrade(empty, schema, revision)
        downgrade(empty, schema)
        upgrade(empty, schema, revision)
    assert asyncio.run(applied(empty, schema)) == newest()


def test_autogenerate_finds_nothing_to_do(empty: str) -> None:
    upgrade(empty, "public")
    command.check(configured(empty, "public"))


def test_two_processes_may_migrate_at_once(empty: str) -> None:
    environment = {**os.environ, "EFIR_DATABASE__URL": empty, "EFIR_ENV_FILE": os.devnull}
    both = [subprocess.Popen([sys.executable, "-m", "efir", "migrate"], env=environment) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert asyncio.run(applied(empty, "public")) == newest()


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
