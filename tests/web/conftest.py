"""A real server, a real worker and a real browser for the pages."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis.asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from efir.application.context import Ports
from efir.domain.kernel.ids import UserId
from programs import free_port, wait_for
from web.seeds import a_session, somebody

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 20_000  # milliseconds: other tests use the same processors
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # it beeps
WIDE, PHONE = (1440, 900), (360, 740)
MISSING = "Chromium is not installed: apt install chromium, or playwright install chromium"


@pytest.fixture(scope="session")
def site(environment: dict[str, str]) -> Iterator[str]:
    """The whole service on a free port; gives its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    flags = "-m granian --interface asgi --runtime-mode st --workers 1 --no-ws --log-level warning --factory"
    command = [sys.executable, *flags.split(), "--port", str(port), "efir.bootstrap.wiring.http:application"]
    environ = _clean() | environment | {"EFIR_PUBLIC_URL": url}
    with subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            _answering(port, process)
            yield url
        finally:
            _ended(process)


def _answering(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait for a server; a machine busy with other tests may need a minute to load it."""
    for left in reversed(range(4)):
        try:
            wait_for(port, process)
            break
        except RuntimeError:
            if process.poll() is not None or not left:
                raise


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()


def _clean() -> dict[str, str]:
    """The environment without settings; those of the tests are no settings of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("EFIR_")}


@pytest.fixture(scope="module")
def worker(site: str, environment: dict[str, str]) -> Iterator[None]:
    """A worker that processes what is uploaded to the site."""
    program = "import sys; from efir.bootstrap.main import main; sys.exit(main(['worker']))"
    with subprocess.Popen(
        [sys.executable, "-c", program], env=_clean() | environment | {"EFIR_PUBLIC_URL": site},
        stdin=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        yield
        _ended(process)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; without it these tests are left out, but not by CI."""
    async with async_playwright() as playwright:
        program = next(filter(None, map(shutil.which, (*BROWSERS, playwright.chromium.executable_path))), None)
        if program is None:
            if os.environ.get("CI"):
                pytest.fail(MISSING)
            pytest.skip(MISSING)
        expect.set_options(timeout=PATIENCE)
        opened = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *MICROPHONE])
        yield opened
        await opened.close()


@dataclass
class Tab:
    """A page in a browser, with all that went wrong behind it."""

    page: Page
    context: BrowserContext
    site: str
    troubles: list[str] = field(default_factory=list)
    served: dict[str, int] = field(default_factory=dict)

    async def go(self, path: str) -> None:
        """Open a path; its modules have run when this returns."""
        await self.page.goto(self.site + path)

    async def until(self, expression: str, *, seconds: float = 20) -> None:
        """Wait until a script expression is true; Playwright's own way needs eval, which our pages forbid."""
        async with asyncio.timeout(seconds):
            while not await self.page.evaluate(expression):  # noqa: ASYNC110  # the event is in another process
                await asyncio.sleep(0.05)

    def listen(self) -> None:
        """Note script errors, failed requests and requests to other hosts."""
        host = urlsplit(self.site).netloc
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("console", lambda line: line.type in {"error", "warning"} and self.troubles.append(line.text))
        self.page.on(
            "request",
            lambda request: (
                urlsplit(request.url).netloc not in {host, ""} and self.troubles.append(f"foreign: {request.url}")
            ),
        )


Opener = Callable[..., Awaitable[Tab]]


@pytest.fixture
async def tab(browser: Browser, site: str, ports: Ports) -> AsyncIterator[Opener]:
    """Open tabs of a fresh browser profile; after the test nothing may have gone wrong behind any of them."""
    opened: list[Tab] = []

    async def open_tab(
        *,
        site: str = site,
        who: UserId | None = None,
        lang: str = "en",
        size: tuple[int, int] = WIDE,
        theme: str = "light",
        **more: Any,
    ) -> Tab:
        context = await browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            locale=lang,
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(PATIENCE)
        cookies = [{"name": "lang", "value": lang, "url": site}]
        if who is not None:
            cookies.append({"name": "sid", "value": await a_session(ports, who), "url": site})
        await context.add_cookies(cookies)  # type: ignore[arg-type]  # plain dictionaries do
        made = Tab(await context.new_page(), context, site)
        made.listen()
        opened.append(made)
        return made

    yield open_tab
    troubles = [trouble for each in opened for trouble in each.troubles]
    for each in opened:
        await _closed(each.context)
    assert troubles == []


async def _closed(context: BrowserContext) -> None:
    """Close a profile; once in hundreds of times Chromium never says that it has, when a passkey was asked for."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE / 1000):
            await context.close()


@pytest.fixture
async def ada(ports: Ports) -> UserId:
    """Somebody with an account."""
    return await somebody(ports, "ada")


@pytest.fixture
async def nothing_counted(redis_url: str) -> AsyncIterator[None]:
    """No attempts of other tests."""
    yield
    valkey = redis.asyncio.from_url(redis_url)
    await valkey.flushdb()
    await valkey.aclose()
