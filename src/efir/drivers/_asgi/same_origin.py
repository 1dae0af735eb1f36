"""The same-origin check of unsafe requests, in one place."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from efir.domain.auth.sessions import CsrfFailed


def require_same_origin(headers: Mapping[str, str], *, origin: str) -> None:
    """Check the headers with which a browser names the page that sent a request; other clients send none.

    `origin` is that of the service. Raises CsrfFailed.
    """
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise CsrfFailed
    sender = headers.get("origin")
    if sender is not None and urlsplit(sender).netloc not in {urlsplit(origin).netloc, headers.get("host")}:
        raise CsrfFailed
