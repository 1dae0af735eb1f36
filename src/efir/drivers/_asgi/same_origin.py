"""Whether an unsafe request comes from a page of this site: the one place that decides it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from efir.domain.auth.sessions import CsrfFailed


def require_same_origin(headers: Mapping[str, str], *, origin: str) -> None:
    """Compare what a browser says of the page a request was sent from; a program says nothing of it.

    `origin` is that of the service. Raises CsrfFailed.
    """
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise CsrfFailed
    sender = headers.get("origin")
    if sender is not None and urlsplit(sender).netloc not in {urlsplit(origin).netloc, headers.get("host")}:
        raise CsrfFailed
