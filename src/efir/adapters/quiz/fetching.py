"""HTTP client for JSON of sources: limited in time and size, never redirected to another host, with retries."""

import asyncio
import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from time import monotonic
from typing import Any

import httpx

from efir.adapters.quiz.breaker import Breaker, Retries
from efir.domain.quiz import QuestionSourceLimited, QuestionSourceUnavailable

CONNECT, READ = 2.0, 5.0  # seconds
ATTEMPTS = 3
PAUSE = 0.2  # seconds; the longest pause before the first retry, doubled for each further one
PATIENCE = 5.0  # seconds; a longer `Retry-After` is passed to the client instead
REDIRECTS = 2
HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "efir"}
TIMEOUT = {"connect": CONNECT, "read": READ, "write": READ, "pool": CONNECT}
REMEMBERED = 256  # prepared requests


class _Passing(Exception):  # never leaves this module
    """A fault that may be transient; `after` is the wait in seconds that the server requests."""

    def __init__(self, error: QuestionSourceUnavailable | QuestionSourceLimited, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


class Fetching:
    """A pooled client for one source, with its breaker."""

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        # httpx's transport without its client: no cookies, no proxies, no credentials, half of the time.
        self._transport: httpx.AsyncHTTPTransport | None = None  # created on first use: it loads certificates
        self._breaker = Breaker(monotonic)
        self._retries = Retries()

    async def json(self, url: str, query: Mapping[str, str], *, seconds: float) -> Any:
        """Fetch a JSON document. Raises QuestionSourceUnavailable, QuestionSourceLimited within `seconds`."""
        request = self._prepare_request(url, tuple(query.items()))
        until = monotonic() + seconds
        for attempt in range(ATTEMPTS):
            self._breaker.check()
            self._retries.count_call()
            try:
                found = await self._fetch_once(request, until - monotonic())
            except _Passing as fault:
                self._breaker.note_failure()
                pause = random.uniform(0, PAUSE * 2**attempt) if fault.after is None else fault.after  # noqa: S311  # not a secret
                late = pause > PATIENCE or monotonic() + pause >= until
                if late or attempt + 1 == ATTEMPTS or not self._retries.try_repeat():
                    raise fault.error from fault
                await asyncio.sleep(pause)
            except QuestionSourceUnavailable:
                self._breaker.note_failure()
                raise
            else:
                self._breaker.note_success()
                return found
        raise QuestionSourceUnavailable

    async def close(self) -> None:
        """Close idle connections."""
        if self._transport is not None:
            await self._transport.aclose()

    @staticmethod
    @lru_cache(REMEMBERED)
    def _prepare_request(url: str, query: tuple[tuple[str, str], ...] = ()) -> httpx.Request:
        """Return a request, cached: the same few are sent again and again."""
        try:
            address = httpx.URL(url)
            address = address.copy_merge_params(dict(query)) if query else address
            return httpx.Request("GET", address, headers=HEADERS, extensions={"timeout": TIMEOUT})
        except (httpx.InvalidURL, UnicodeError) as error:
            raise QuestionSourceUnavailable("The source's address cannot be read.") from error

    async def _fetch_once(self, request: httpx.Request, seconds: float) -> Any:
        if self._transport is None:
            self._transport = httpx.AsyncHTTPTransport(trust_env=False)
        try:
            async with asyncio.timeout(max(seconds, 0)):
                body = await self._body(self._transport, request)
        except (TimeoutError, httpx.TransportError) as error:
            raise _Passing(QuestionSourceUnavailable(f"{type(error).__name__} while asking the source.")) from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, UnicodeError) as error:
            raise QuestionSourceUnavailable(f"{type(error).__name__} while asking the source.") from error
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise QuestionSourceUnavailable("The source did not answer JSON.") from error

    async def _body(self, transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> bytes:
        """Return the body of a response; redirects are followed on the same host only."""
        for _ in range(REDIRECTS + 1):
            answer = await transport.handle_async_request(request)
            try:
                target = answer.headers.get("location") if answer.is_redirect else None
                if target is None:
                    _check(answer)
                    return await self._read(answer)
            finally:
                await answer.aclose()
            following = request.url.join(target)
            if (following.scheme, following.netloc) != (request.url.scheme, request.url.netloc):
                raise QuestionSourceUnavailable("The source leads to another host.")
            request = self._prepare_request(str(following))
        raise QuestionSourceUnavailable("The source leads in a circle.")

    async def _read(self, answer: httpx.Response) -> bytes:
        """Return the body as it arrives: nothing is decompressed, so nothing can grow."""
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise QuestionSourceUnavailable("The source packs its answer though it was asked not to.")
        body = bytearray()
        if not isinstance(answer.stream, httpx.AsyncByteStream):
            raise QuestionSourceUnavailable
        async for part in answer.stream:
            body += part
            if len(body) > self._max_bytes:
                raise QuestionSourceUnavailable("The source's answer is too large.")
        return bytes(body)


def _check(answer: httpx.Response) -> None:
    if answer.status_code == HTTPStatus.OK:
        return
    after = _read_retry_after(answer.headers.get("retry-after"))
    wait = 1 if after is None else max(1, round(after))
    if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        raise _Passing(
            QuestionSourceLimited(retry_after=wait if after else 60), after if after is not None else PATIENCE + 1
        )
    error = QuestionSourceUnavailable(f"The source answers {answer.status_code}.", retry_after=wait)
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _Passing(error, after)
    raise error


def _read_retry_after(header: str | None) -> float | None:
    """Return the seconds of a `Retry-After`, a number or a date (RFC 9110 section 10.2.3); None for anything else."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdecimal():
        return float(min(int(header.strip()[:6]), 86_400))
    try:
        moment = parsedate_to_datetime(header)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
