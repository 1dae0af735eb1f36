import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from efir.adapters.media.confinement.sandbox import Sandbox, candidates, detect, paths, tried
from efir.adapters.media.inspection.probe import ConfinedProbe
from efir.adapters.media.video.converter import FfmpegConverter
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.kernel.limits import Limits
from efir.domain.processing.source_facts import MediaFacts
from media.sources import PROGRAM, source

Probed = Callable[[str], Awaitable[MediaFacts]]


@pytest.fixture(scope="session")
def box() -> Sandbox:
    """The strongest walls of this machine; tests of the converter run behind them, as in production."""
    found = detect(ffmpeg=PROGRAM)
    if found.name == "none":
        pytest.skip(found.reason)
    return found


@pytest.fixture(scope="session")
def boxes() -> list[Sandbox]:
    """One of each kind of walls that works on this machine."""
    found: dict[str, Sandbox] = {}
    for candidate in candidates(paths(PROGRAM)):
        if candidate.name not in found and tried(candidate) is None:
            found[candidate.name] = candidate
    return list(found.values())


@pytest.fixture(scope="session")
def tool(box: Sandbox) -> Ffmpeg:
    return Ffmpeg(box=box, path=PROGRAM, nice=0)


@pytest.fixture(scope="session")
def converter(tool: Ffmpeg) -> FfmpegConverter:
    return FfmpegConverter(tool)


@pytest.fixture
def out() -> Iterator[Path]:
    """An empty folder that only we can enter, as the service's scratch folders are."""
    folder = Path(tempfile.mkdtemp(prefix="efir-media-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def probe(box: Sandbox, out: Path) -> ConfinedProbe:
    scratch = out / "probe"
    scratch.mkdir()
    return ConfinedProbe(box, Limits(), scratch=scratch)


@pytest.fixture(scope="session")
def probed(box: Sandbox) -> Iterator[Probed]:
    """Facts about a kind of source, found once."""
    known: dict[str, MediaFacts] = {}
    with tempfile.TemporaryDirectory(prefix="efir-probed-") as scratch:
        probe = ConfinedProbe(box, Limits(), scratch=Path(scratch))

        async def find(name: str) -> MediaFacts:
            if name not in known:
                known[name] = await probe.probe(source(name))
            return known[name]

        yield find
