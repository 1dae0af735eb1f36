"""Commands of single processes: the API, a worker, the migration."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence

from efir.bootstrap.processes.revisions import find_newest_revisions, revisions
from efir.bootstrap.startup.settings_loading import (
    export_settings,
    keys_of,
    load_for_process,
    media_directory,
    refusing,
)
from efir.drivers.cli.arguments import api_arguments, migrate_arguments, worker_arguments
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed

STARTING = frozenset({"CannotConnectNowError", "ConnectionDoesNotExistError"})  # of asyncpg, which is not imported here
RETRY = 0.5


def api(argv: Sequence[str]) -> int:
    """Serve the HTTP API and the pages until SIGTERM."""
    settings = load_for_process(api_arguments(argv))
    from efir.bootstrap.processes.serving import run_api
    from efir.bootstrap.wiring.mail import mailer_of

    with refusing():
        keys_of(settings)
        media_directory(settings)
        mailer_of(settings)
    os.environ.update(export_settings(settings))  # each server process reads the settings again
    run_api(settings)
    return 0


def worker(argv: Sequence[str]) -> int:
    """Run background jobs until SIGTERM."""
    changes, queues, pulse = worker_arguments(argv)
    settings = load_for_process(changes)
    from efir.bootstrap.processes.workers import run_workers

    with refusing():
        run_workers(settings, queues, pulse)
    return 0


def migrate(argv: Sequence[str]) -> int:
    """Upgrade the database to the newest schema."""
    changes, wait = migrate_arguments(argv)
    settings = load_for_process(changes, cache_needed=False)
    from efir.adapters.postgres.kernel.constraints import DatabaseUnavailable
    from efir.adapters.postgres.kernel.revision import find_applied_revision

    url, schema = settings.database.url, settings.database.schema
    try:
        before = asyncio.run(_wait_for_database(lambda: find_applied_revision(url, schema), DatabaseUnavailable, wait))
    except DatabaseUnavailable as error:
        cause = str(error.__cause__ or "").strip() or type(error.__cause__).__name__
        raise CommandFailed(
            f"the database does not answer ({cause})", "check EFIR_DATABASE__URL and the server", Exit.UNAVAILABLE
        ) from error
    return _upgrade(url, schema, before)


def _upgrade(url: str, schema: str, before: str | None) -> int:
    """Upgrade a database from its revision to the newest one, and report it."""
    if before is not None and before not in revisions()[0]:
        raise CommandFailed(
            f"the database has revision {before}, which this release does not know",
            "use the release that made it, or restore a backup",
            Exit.CONFIGURATION,
        )
    if find_newest_revisions() == {before}:
        print(f"the database is at revision {before}, the newest")
        return Exit.OK
    from efir.adapters.postgres.migrate import find_newest_revision, upgrade  # imports SQLAlchemy, which is large

    upgrade(url, schema)
    print(f"the database went from revision {before or 'none'} to {find_newest_revision()}")
    return Exit.OK


async def _wait_for_database(
    ask: Callable[[], Awaitable[str | None]], away: type[Exception], wait: float
) -> str | None:
    """Return the result of `ask`; retry for `wait` seconds while the database starts, but not after a refusal."""
    until = time.monotonic() + wait
    while True:
        try:
            return await ask()
        except away as error:
            starting = isinstance(error.__cause__, OSError) or type(error.__cause__).__name__ in STARTING
            if not starting or time.monotonic() > until:
                raise
        await asyncio.sleep(RETRY)
