"""The check that the embedded database has the newest schema, without Alembic, so that starts stay short."""

import re
from pathlib import Path

import efir
from efir.adapters.embedded.wire import ServerRefused, postgres_execute

REVISION = re.compile(r"""^(down_)?revision\b[^=]*=\s*(.+)$""", re.MULTILINE)
NAMES = re.compile(r"""["']([^"']+)["']""")


def find_newest_revisions() -> set[str]:
    """Return the revisions that no other revision follows; unless it is exactly one, Alembic has to decide."""
    known, followed = revisions()
    return known - followed


def revisions() -> tuple[set[str], set[str]]:
    """Return all revisions, and those that another one follows."""
    installed = Path(efir.__file__).parent / "migrations"
    scripts = installed if installed.is_dir() else Path(efir.__file__).parents[2] / "migrations"
    known: set[str] = set()
    followed: set[str] = set()
    for script in (scripts / "versions").glob("*.py"):
        for down, value in REVISION.findall(script.read_text(encoding="utf-8")):
            (followed if down else known).update(NAMES.findall(value))
    return known, followed


def is_migrated(sockets: Path, schema: str) -> bool:
    """Return whether the database of the embedded server is at the newest revision."""
    quoted = schema.replace('"', '""')
    try:
        applied = postgres_execute(sockets, "efir", f'select version_num from "{quoted}".alembic_version')  # noqa: S608  # a setting, quoted
    except (OSError, ServerRefused):
        return False
    return find_newest_revisions() == {applied}
