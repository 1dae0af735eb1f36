"""The most commonly guessed passwords: the list inside zxcvbn, read as data.

Its estimator is never loaded: a crafted password keeps it busy for seconds.
"""

import importlib.util
from pathlib import Path

from efir.domain.users import MIN_PASSWORD


class ListMissing(ImportError):
    """The package zxcvbn is not installed."""


def likely_passwords() -> frozenset[str]:
    """Return those of the 30,000 most common passwords that reach the minimum length, case folded; about a thousand."""
    package = importlib.util.find_spec("zxcvbn")
    if package is None or not package.submodule_search_locations:
        raise ListMissing(name="zxcvbn")
    path = Path(package.submodule_search_locations[0]) / "frequency_lists.py"
    spec = importlib.util.spec_from_file_location("efir_frequency_lists", path)
    if spec is None or spec.loader is None:
        raise ListMissing(name="zxcvbn.frequency_lists")
    lists = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lists)
    return frozenset(word.casefold() for word in lists.FREQUENCY_LISTS["passwords"] if len(word) >= MIN_PASSWORD)
