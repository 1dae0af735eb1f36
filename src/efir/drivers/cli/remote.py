"""HTTP client of a remote server for `efir upload`: problems as exceptions, and retries on an unreliable network."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0
FIRST_DELAY, LONGEST_DELAY = 0.5, 15.0

UNAUTHORIZED, TOO_MANY, UNAVAILABLE, SERVER_FAULT = 401, 429, 503, 500


class Refused(Exception):
    """The server refused the request; repeating it does not help."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


class ServerUnavailable(Exception):
    """The server cannot be reached, or is unavailable."""

    def __init__(self, detail: str, *, wait: float | None = None) -> None:
        super().__init__(detail)
        self.detail, self.wait = detail, wait


class Patience:
    """The limit of retries without progress; `wait_or_raise` waits longer each time, `progress` starts over."""

    def __init__(self, seconds: float, trouble: Callable[[str], None]) -> None:
        self._seconds, self._trouble = seconds, trouble
        self.progress()

    def progress(self) -> None:
        """Forget the failures so far."""
        self._delay, self._until = FIRST_DELAY, time.monotonic() + self._seconds

    def wait_or_raise(self, fault: ServerUnavailable) -> None:
        """Wait before the next attempt. Raises the fault when patience is exhausted."""
        delay = fault.wait if fault.wait is not None else self._delay * random.uniform(0.5, 1.0)  # noqa: S311  # jitter
        if time.monotonic() + delay > self._until:
            raise fault
        self._trouble(fault.detail)
        time.sleep(delay)
        self._delay = min(self._delay * 2, LONGEST_DELAY)


class Remote:
    """One server and one token. Paths are relative to the server.

    Responses of 4xx raise Refused, other failures ServerUnavailable.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
        headers = {"Authorization": f"Bearer {token}", "User-Agent": "efir-upload"}
        self._client = httpx.Client(base_url=self.url, headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, json: Any = None, content: Any = None
    ) -> httpx.Response:
        """Send a request and return its successful response. Raises Refused or ServerUnavailable."""
        with _reaching(self.url):
            response = self._client.request(method, path, headers=headers, json=json, content=content)
            return _require_success(response)

    @contextmanager
    def listen(self, path: str, *, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Open a streaming response. Raises Refused or ServerUnavailable, the latter also while it is read."""
        with _reaching(self.url), self._client.stream("GET", path, headers=headers) as response:
            if response.is_error:
                response.read()
            yield _require_success(response)

    def path_of(self, location: str) -> str:
        """Return the path of a URL that the server sent: the token is only ever sent to the configured server."""
        parts, prefix = urlsplit(location), urlsplit(self.url).path
        path = parts.path.removeprefix(prefix) if prefix else parts.path
        return f"{path}?{parts.query}" if parts.query else path


def is_address(url: str) -> bool:
    """Return whether a text is an HTTP or HTTPS URL."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return parsed.scheme in {"http", "https"} and bool(parsed.host)


def header(answer: httpx.Response, name: str) -> str:
    """Return a header that an Efir server always sends. Raises Refused."""
    if name not in answer.headers:
        raise _stranger(answer)
    return str(answer.headers[name])


def body(answer: httpx.Response) -> dict[str, Any]:
    """Return the JSON object of a response. Raises Refused."""
    try:
        found = answer.json()
    except ValueError as error:
        raise _stranger(answer) from error
    if not isinstance(found, dict):
        raise _stranger(answer)
    return found


def _stranger(answer: httpx.Response) -> Refused:
    return Refused(answer.status_code, "not-efir", f"{answer.url.host} does not answer like Efir; check the address")


@contextmanager
def _reaching(url: str) -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise ServerUnavailable(f"{url} cannot be reached: {str(error) or type(error).__name__}") from error


def _require_success(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    if response.has_redirect_location:
        raise Refused(
            response.status_code, "moved", f"the server is at {response.headers['Location']}; use that address"
        )
    code, detail = _problem(response)
    if response.status_code >= SERVER_FAULT or response.status_code == TOO_MANY:
        raise ServerUnavailable(detail, wait=_read_retry_after(response))
    raise Refused(response.status_code, code, detail)


def _problem(response: httpx.Response) -> tuple[str, str]:
    try:
        body = response.json()
        detail = "; ".join(
            [str(body.get("detail") or body["title"])]
            + [f"{fault.get('pointer', '')} {fault.get('detail', fault['code'])}" for fault in body.get("errors") or []]
        )
        return str(body["code"]), detail
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"status-{response.status_code}", f"the server answered {response.status_code} {response.reason_phrase}"


def _read_retry_after(response: httpx.Response) -> float | None:
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else None
