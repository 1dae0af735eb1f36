"""Single processes: the API, a worker, the migration."""

import os
from collections.abc import Sequence

from efir.bootstrap.configured import attached, exported, keys_of, media_directory, refusing
from efir.drivers.cli.arguments import api_arguments, migrate_arguments, worker_arguments


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
    from efir.adapters.postgres.migrate import newest, upgrade

    upgrade(settings.database.url, settings.database.schema)
    print(f"the database is at revision {newest()}")
    return 0
