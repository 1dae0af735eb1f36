"""Loads Litestar without SQLAlchemy; imported before every module that imports Litestar.

`litestar.pagination`, which `import litestar` loads, imports one class from advanced-alchemy wherever that is
installed, and with it all of SQLAlchemy. Without advanced-alchemy it uses a class of its own, and nothing else here
needs either: tables are for migrations, in another process. So that class cannot be imported while Litestar loads.
"""

import sys
from importlib import import_module

TAKEN = "advanced_alchemy.service"


def load_litestar() -> None:
    """Load Litestar with its own class for pages of lists; does nothing when it is already loaded."""
    if TAKEN in sys.modules:
        return
    sys.modules[TAKEN] = None  # type: ignore[assignment]  # makes Python's import of it fail
    try:
        import_module("litestar")
    finally:
        del sys.modules[TAKEN]


load_litestar()
