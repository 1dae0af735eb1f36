"""Avatars: processor time of four sizes against Pillow, and the time from a drop to the server's picture."""

import base64
import functools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

os.environ["VIPS_CONCURRENCY"] = "1"  # as in the children; libvips reads it when it is loaded

import pyvips  # after its setting

from bench.reads import instance  # beside pyvips
from bench.rounds import SHORT, Outcome, compare, finish
from efir.adapters.media.pictures import picture_worker
from kit.programs import granian

SIDES = (512, 256, 128, 64)
DROPS = 12 if SHORT else 60
SOON = 400.0  # milliseconds
PATH = "/api/v1/registrations"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DROP = """async (data) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
  const picture = document.querySelector("[data-side='256']");
  const before = picture.getAttribute("src");
  const start = performance.now();
  document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carried }));
  const preview = document.querySelector("[data-preview]");
  while (preview.hidden || picture.getAttribute("src") === before || !picture.complete)
    await new Promise(requestAnimationFrame);
  await picture.decode();
  return performance.now() - start;
}"""


@functools.cache
def photo() -> bytes:
    """Thirteen megapixels of slopes, edges and grain, about two megabytes of JPEG."""
    width, height = 4160, 3120
    slopes = pyvips.Image.perlin(width, height, cell_size=400, seed=1).scaleimage()
    shapes = pyvips.Image.worley(width, height, cell_size=500, seed=2).scaleimage()
    grain = pyvips.Image.gaussnoise(width, height, sigma=5, mean=0, seed=3)
    bands = [(band + grain).cast("uchar") for band in (slopes, shapes, (slopes + shapes) / 2)]
    image = bands[0].bandjoin(bands[1:]).copy(interpretation="srgb")
    return bytes(image.jpegsave_buffer(Q=82))


def ours(folder: Path) -> float:
    """Milliseconds of processor time of what a child does."""
    (folder / "source").write_bytes(photo())
    os.chdir(folder)
    start = time.process_time()
    told = list(picture_worker.answers({"kind": "avatar", "crop": None, "working": False}))
    used = time.process_time() - start
    if "refused" in told[0]:
        raise RuntimeError(told[0])
    return used * 1000


def pillow(*, draft: bool) -> float:
    """Milliseconds of processor time of the usual few lines with Pillow."""
    start = time.process_time()
    image = Image.open(BytesIO(photo()))
    if draft:
        image.draft("RGB", (SIDES[0], SIDES[0]))
    square = ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), (SIDES[0], SIDES[0]), Image.Resampling.LANCZOS)
    for side in SIDES:
        square.resize((side, side), Image.Resampling.LANCZOS).save(BytesIO(), "WEBP", quality=80, method=4)
    return (time.process_time() - start) * 1000


def drops_over_http(origin: str) -> list[float]:
    """Milliseconds from the first byte sent until the 256 pixels are here."""
    found = []
    with httpx.Client(base_url=origin, timeout=30) as client:
        view = client.post(PATH).json()
        time.sleep(1)  # somebody types meanwhile, and a child gets ready
        for number in range(DROPS + 1):
            if number % 30 == 0:
                view = client.post(PATH).json()
            start = time.perf_counter()
            answer = client.put(f"{PATH}/{view['id']}/avatar", content=photo())
            client.get(answer.json()["sizes"]["256"]).raise_for_status()
            found.append((time.perf_counter() - start) * 1000)
            time.sleep(0.8)  # people look at the result
    return found[1:]


def drops_in_browser(origin: str) -> list[float]:
    """Milliseconds from the drop until the server's picture is decoded in Chromium."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        return []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=["--no-sandbox"]) as browser,
    ):
        page = browser.new_context(base_url=origin).new_page()
        _fill(page)
        data = base64.b64encode(photo()).decode()
        found = []
        for _ in range(min(DROPS, 30) + 1):
            found.append(page.evaluate(DROP, data))  # one after another, with a pause
            page.wait_for_timeout(800)
    return found[1:]


def _fill(page: Page) -> None:
    page.goto("/register")
    for field, value in (("nickname", "bench"), ("email", "bench@example.org"), ("password", "a long quiet evening")):
        page.fill(f"#{field}", value)
        page.click("main form .primary")
    page.wait_for_url("**/register/picture")


def late(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]  # the other way goes beyond the slowest of few


def outcomes() -> Iterator[Outcome]:
    """Processor time twice, then the drop."""
    print(f"source: {len(photo()) / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory(prefix="efir-bench-") as name:
        mine = functools.partial(ours, Path(name))
        for words, draft, most in (("Pillow", False, 0.55), ("Pillow with draft()", True, 1.8)):
            theirs = functools.partial(pillow, draft=draft)
            yield compare(f"four sizes of 13 megapixels against {words}, CPU", mine, theirs, unit="ms", most=most)
        os.chdir("/")
    origin = "http://127.0.0.1"
    settings = {f"EFIR_LIMITS__REGISTRATION_PICTURES{rest}": "100000" for rest in ("", "_NETWORK")}
    with (
        instance() as (environment, _),
        granian("efir.bootstrap.wiring.http:application", environment={**environment, **settings}) as (port, _pid),
    ):
        address = f"{origin}:{port}"
        for words, drops in (("over HTTP", drops_over_http), ("in Chromium", drops_in_browser)):
            times = drops(address)
            if times:
                yield Outcome(
                        name=f"drop of 13 megapixels until the server's picture is there {words}, p95 of {len(times)}",
                        ours=[late(times)], theirs=[SOON], unit="ms", most=1.0, goal=True,
                    )  # fmt: skip


if __name__ == "__main__":
    finish(outcomes())
