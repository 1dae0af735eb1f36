"""The commands of docs/how-to/containers.md that save everything and bring it back."""

from pathlib import Path

from containers import visit, walls
from containers.engine import Engine

DATABASE, FILES = "efir.dump", "efir-files.tar"
DUMP = ("exec", "-T", "postgres", "pg_dump", "--username=efir", "--format=custom", "efir")
PACK = ("exec", "-T", "api", "tar", "-C", "/var/lib/efir", "-cf", "-", ".")
LOAD = ("exec", "-T", "postgres", "pg_restore", "--username=efir", "--dbname=efir", "--clean", "--if-exists")
UNPACK = ("run", "--rm", "--no-deps", "-T", "--entrypoint", "tar", "api", "-C", "/var/lib/efir", "-xf", "-")


def save(engine: Engine, folder: Path) -> None:
    """Save the database first and the files then, so that every file a row names is there."""
    folder.mkdir(mode=0o700)
    for words, name in ((DUMP, DATABASE), (PACK, FILES)):
        with (folder / name).open("wb") as file:
            engine.project(*words, stdout=file)


def restore(engine: Engine, folder: Path) -> None:
    """Fill new volumes; only the database runs meanwhile."""
    engine.project("up", "--detach", "--no-build", "postgres")
    visit.awaited(lambda: walls.healthy(engine, "postgres"), "the new database is ready")
    for words, name in ((LOAD, DATABASE), (UNPACK, FILES)):
        with (folder / name).open("rb") as file:
            engine.project(*words, stdin=file)
