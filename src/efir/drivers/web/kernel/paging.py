"""The link from one page of a list to the next."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

UNFILTERED: Mapping[str, str] = MappingProxyType({})


def next_address(path: str, cursor: str | None, filters: Mapping[str, str] = UNFILTERED) -> str | None:
    """Return where a list goes on, with the filters that are set; nothing at its end."""
    if cursor is None:
        return None
    return f"{path}?{urlencode({name: value for name, value in filters.items() if value} | {'cursor': cursor})}"
