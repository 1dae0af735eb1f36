"""Loads Litestar without SQLAlchemy; imported before everything that imports Litestar.

`litestar.pagination`, which `import litestar` loads, takes one class from advanced-alchemy wherever that is installed,
and with it all of SQLAlchemy. It has a class of its own for where it is not, and nothing else here asks for either:
tables are for migrations, in another process. So while Litestar loads, and not longer, that class is not to be found.
"""

import sys
from importlib import import_module

TAKEN = "advanced_alchemy.service"


def load_litestar() -> None:
    """Load Litestar with its own class for pages of lists; where all is loaded already, nothing happens."""
    if TAKEN in sys.modules:
        return
    sys.modules[TAKEN] = None  # type: ignore[assignment]  # how Python is told that an import must fail
    try:
        import_module("litestar")
    finally:
        del sys.modules[TAKEN]


load_litestar()
