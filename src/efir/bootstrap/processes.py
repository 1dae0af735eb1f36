"""Single processes: the API, a worker, the migration."""

import asyncio
import os
from collections.abc import Sequence

from efir.bootstrap.configured import attached, exported, keys_of, media_directory, refusing
from efir.bootstrap.revisions import revisions
from efir.drivers.cli.arguments import api_arguments, migrate_arguments, worker_arguments
from efir.drivers.cli.exits import Exit
from efir.drivers.cli.failures import CommandFailed


def api(argv: Sequence[str]) -> int:
    """Serve the HTTP API and the pages until SIGTERM."""
    settings = attached(api_arguments(argv))
    from efir.bootstrap.serving import run_api

    with refusing():
        keys_of(settings)
        media_directory(settings)
    os.environ.update(exported(settings))  # each server process reads the settings again
    run_api(settings)
    return 0


def worker(argv: Sequence[str]) -> int:
    """Do background work until SIGTERM."""
    changes, queues = worker_arguments(argv)
    settings = attached(changes)
    from efir.bootstrap.workers import run_workers

    with refusing():
        run_workers(settings, queues)
    return 0


def migrate(argv: Sequence[str]) -> int:
    """Bring the database to the newest schema."""
    settings = attached(migrate_arguments(argv), cache_needed=False)
    from efir.adapters.postgres.constraints import DatabaseAway
    from efir.adapters.postgres.migrate import applied, newest, upgrade

    url, schema = settings.database.url, settings.database.schema
    try:
        before = asyncio.run(applied(url, schema))
    except DatabaseAway as error:
        cause = str(error.__cause__ or "").strip() or type(error.__cause__).__name__
        raise CommandFailed(
            f"the database does not answer ({cause})", "check EFIR_DATABASE__URL and the server", Exit.UNAVAILABLE
        ) from error
    if before is not None and before not in revisions()[0]:
        raise CommandFailed(
            f"the database has revision {before}, which this release does not know",
            "use the release that made it, or restore a backup",
            Exit.CONFIGURATION,
        )
    if before == newest():
        print(f"the database is at revision {before}, the newest")
        return Exit.OK
    upgrade(url, schema)
    print(f"the database went from revision {before or 'none'} to {newest()}")
    return Exit.OK
