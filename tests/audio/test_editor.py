"""The child that edits, beside a model that computes the same in floating point; its memory; its walls."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from efir.adapters.media.audio import editor
from efir.adapters.media.audio.converter import FfmpegAudioConverter
from efir.adapters.media.audio.editor import PydubAudioEditor
from efir.adapters.media.confinement.sandbox import Sandbox
from efir.adapters.media.video.ffmpeg import Ffmpeg
from efir.domain.audio.edits import Cut, Edit, Fade, Gain, Join, Operation, Part, TrimSilence, plan_edit, to_facts
from efir.domain.audio.records import AudioUndecodable, RecordId
from efir.domain.kernel.errors import DomainError
from efir.domain.kernel.limits import Limits
from efir.ports.audio import Tags
from kit.audio import tones
from kit.media.sources import PROGRAM

RATE = 1000  # frames a second of generated sounds: blocks of ten seconds are small then
FULL = float(1 << 29)
IDS = [RecordId(UUID(int=number)) for number in (1, 2)]
FAR = 200  # a descriptor that nothing else has
WIDEST = 130 << 20  # bytes of address space that a child may need


@pytest.fixture(scope="module")
def worker() -> Any:
    """The child's module; pydub complains of what it never uses here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("efir.adapters.media.audio.edit_worker")


def written(folder: Path, name: str, samples: Any) -> int:
    """Open a file of raw samples, full scale being a quarter of what they can hold."""
    path = folder / name
    path.write_bytes(np.round(samples * FULL).astype("<i4").tobytes())
    return os.open(path, os.O_RDONLY)


class Refused(Exception):
    """What the model has no sound for."""


def cut(sound: Any, step: Cut, _parts: dict[str, Any]) -> Any:
    low, high = round(step.start * RATE), len(sound) if step.end is None else round(step.end * RATE)
    if low >= len(sound):
        raise Refused
    return sound[low:high] if step.keep else np.concatenate([sound[:low], sound[max(low, high) :]])


def gain(sound: Any, step: Gain, _parts: dict[str, Any]) -> Any:
    louder = sound * 10 ** (step.db / 20)
    if step.db > 0 and abs(louder).max() > 1:
        raise Refused
    return louder


def fade(sound: Any, step: Fade, _parts: dict[str, Any]) -> Any:
    rise, fall = round(step.fade_in * RATE), round(step.fade_out * RATE)
    if rise + fall > len(sound):
        raise Refused
    line = np.ones(len(sound))
    line[:rise] = np.arange(rise) / max(1, rise)
    line[len(sound) - fall :] = 1 - np.arange(fall) / max(1, fall)
    return sound * line[:, None]


def join(sound: Any, step: Join, parts: dict[str, Any]) -> Any:
    over = round(step.crossfade * RATE)
    rise = (np.arange(over) / max(1, over))[:, None]
    for other in (parts[str(record)] for record in step.records):
        if over > min(len(sound), len(other)):
            raise Refused
        mixed = sound[len(sound) - over :] * (1 - rise) + other[:over] * rise
        sound = np.concatenate([sound[: len(sound) - over], mixed, other[over:]])
    return sound


def model(parts: dict[str, Any], order: list[Operation]) -> Any:
    """What an edit is, in floating point; None for one that cannot be."""
    sound, does = parts[str(IDS[0])], {Cut: cut, Gain: gain, Fade: fade, Join: join}
    for step in order:
        try:
            sound = does[type(step)](sound, step, parts)  # type: ignore[operator]  # each takes its own kind
        except Refused:
            return None
        if len(sound) < 0.02 * RATE:
            return None
    return sound


def done(worker: Any, folder: Path, told: dict[str, Any], parts: dict[str, Any]) -> Any:
    """Have an order done as the child does it; the samples, or None when it refuses."""
    with (folder / "spool").open("w+b") as spool, ExitStack() as stack:
        for number, (part, samples) in enumerate(parts.items()):
            fd = written(folder, part, samples)
            os.dup2(fd, FAR + number)
            os.close(fd)
            stack.callback(os.close, FAR + number)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(worker, "FIRST_INPUT", FAR)
            try:
                data = worker.apply_operations(told, worker.Spool(spool)).read().raw_data
            except DomainError:
                return None
    return np.frombuffer(data, "<i4").reshape(-1, told["channels"])


MILLISECONDS = st.integers(0, 30_000).map(lambda number: number / 1000)
NAMED = st.lists(st.sampled_from(IDS), min_size=1, max_size=2).map(tuple)
ORDERS = st.lists(
    st.one_of(
        st.builds(Cut, start=MILLISECONDS, end=st.none() | MILLISECONDS, keep=st.booleans()).filter(
            lambda cut: cut.end is None or cut.end > cut.start
        ),
        st.builds(Gain, db=st.floats(-20, 6)),
        st.builds(Fade, fade_in=MILLISECONDS, fade_out=MILLISECONDS),
        st.builds(Fade, fade_in=st.integers(0, 100).map(lambda n: n / 1000)),
        st.builds(Join, records=NAMED, crossfade=MILLISECONDS),
        st.builds(Join, records=st.just((IDS[1],)), crossfade=st.just(0.0)),
    ),
    min_size=1, max_size=5,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    order=ORDERS, lengths=st.tuples(st.integers(20, 25_000), st.integers(20, 12_000)), channels=st.integers(1, 2),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_any_order_gives_the_samples_of_the_model(
    worker: Any, order: list[Operation], lengths: tuple[int, int], channels: int, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    parts = {str(part): chance.uniform(-0.5, 0.5, (size, channels)) for part, size in zip(IDS, lengths, strict=True)}
    expected = model(parts, order)
    told = {"rate": RATE, "channels": channels, "parts": list(parts), "operations": [to_facts(each) for each in order]}
    with tempfile.TemporaryDirectory() as folder:
        got = done(worker, Path(folder), told, parts)
    if expected is None:
        assert got is None
        return
    assert got is not None
    assert got.shape == expected.shape
    assert np.abs(got / FULL - expected).max() < 1e-5


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(frames=st.integers(10_001, 35_000), share=st.floats(0, 1))
def test_a_fade_over_many_blocks_is_one_line(worker: Any, frames: int, share: float) -> None:
    rise = int(frames * share)
    step = Fade(fade_in=rise / RATE, fade_out=(frames - rise) / RATE)
    parts = {str(IDS[0]): np.full((frames, 1), 0.5)}
    told = {"rate": RATE, "channels": 1, "parts": list(parts), "operations": [to_facts(step)]}
    with tempfile.TemporaryDirectory() as folder:
        got = done(worker, Path(folder), told, parts)
    assert np.abs(got / FULL - model(parts, [step])).max() < 1e-5


@settings(max_examples=60, deadline=None)
@given(lead=st.integers(0, 23_000), trail=st.integers(0, 23_000), margin=st.integers(0, 500))
def test_silence_of_any_length_is_cut_to_its_margin(worker: Any, lead: int, trail: int, margin: int) -> None:
    tone = np.full((2000, 1), 0.3)
    tone[::2] *= -1
    sound = np.concatenate([np.zeros((lead, 1)), tone, np.zeros((trail, 1))])
    operation = TrimSilence(threshold_db=-50.0, margin=margin / 1000)
    with tempfile.TemporaryDirectory() as folder:
        fd = written(Path(folder), "in", sound)
        whole = worker.Sound(RATE, 1, (worker.Span(fd, 0, len(sound)),))
        made = worker.trim(whole, operation, 0, None)
        os.close(fd)
    expected = 2000 + min(lead, margin) + min(trail, margin)
    assert 0 <= made.frames - expected <= 2 * worker.WINDOW


PEAK = """
import sys, efir.adapters.media.audio.edit_worker as worker
worker.main()
print(next(line for line in open("/proc/self/status") if line.startswith("VmPeak")), file=sys.stderr)
"""


def peak_memory(folder: Path, seconds: int) -> int:
    """Bytes of address space of a child that does everything to a sound of that length."""
    one = np.random.default_rng(1).uniform(-0.4, 0.4, (48_000, 2))
    with (folder / "in").open("wb") as file:
        for _ in range(seconds):
            file.write(np.round(one * FULL).astype("<i4").tobytes())
    order = [
        TrimSilence(), Cut(start=1.0), Gain(db=-3.0), Fade(fade_in=seconds / 3, fade_out=seconds / 3),
        Join(records=(IDS[0],), crossfade=30.0),
    ]  # fmt: skip
    told = json.dumps(
        {"rate": 48_000, "channels": 2, "parts": [str(IDS[0])], "operations": [to_facts(each) for each in order]}
    )
    with (folder / "in").open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", f"import os; os.dup2({file.fileno()}, 3)\n{PEAK}", told],
            cwd=folder, pass_fds=[file.fileno()], capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert json.loads(done.stdout) == {"scaled": False}
    return int(done.stderr.split()[1]) * 1024


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells elsewhere in another way")
def test_an_edit_takes_the_same_memory_whatever_its_length(tmp_path: Path) -> None:
    short, long = peak_memory(tmp_path, 40), peak_memory(tmp_path, 400)
    assert long < WIDEST
    assert long - short < 4 << 20
    assert 2 * long <= editor.MEMORY, "a child is never near its bound"


@pytest.fixture(scope="module")
def tools(box: Sandbox) -> tuple[FfmpegAudioConverter, PydubAudioEditor]:
    """The converter and the editor, as the service has them."""
    tool = Ffmpeg(box=box, path=PROGRAM, nice=0, memory=Limits().audio_child_memory_bytes, cpu=600, file=4 << 30)
    converter = FfmpegAudioConverter(tool, Limits())
    return converter, PydubAudioEditor(tool, converter)


async def mp3(converter: FfmpegAudioConverter, out: Path, seconds: float = 3.0) -> tuple[Path, Part]:
    """An MP3 as the service keeps them."""
    given, made_in = out / "given.wav", out / "converted"
    given.write_bytes(tones.written(tones.tones(2, seconds=seconds)))
    made_in.mkdir()
    wav = await converter.examine(given)
    made = await converter.convert(given, wav, Tags("Rain", "Ada", 2026), made_in, lambda _: None)
    return made.file.path, Part(id=IDS[0], duration=made.duration, channels=2, rate=48_000)


def planned(part: Part, *order: Operation) -> Edit:
    return plan_edit(order, [part], Limits())


async def test_nothing_but_the_edited_file_is_left_and_progress_is_told(
    tools: tuple[FfmpegAudioConverter, PydubAudioEditor], out: Path
) -> None:
    converter, edits = tools
    source, part = await mp3(converter, out)
    folder, told = out / "edit", list[float]()
    folder.mkdir()
    made, wav = await edits.edit(planned(part, Cut(end=2.0)), [source], folder, told.append)
    assert [path.name for path in folder.iterdir()] == [made.name]
    assert (wav.frames, wav.format.width, wav.format.channels, wav.warnings) == (2 * 48_000, 4, 2, ())
    assert told == sorted(told)
    assert told[-1] == 1.0


async def test_a_child_that_needs_more_than_its_bound_is_ended_in_words(
    tools: tuple[FfmpegAudioConverter, PydubAudioEditor], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    converter, edits = tools
    source, part = await mp3(converter, out, seconds=40.0)
    folder = out / "edit"
    folder.mkdir()
    monkeypatch.setattr(editor, "MEMORY", 32 << 20)
    with pytest.raises(AudioUndecodable, match="more time or memory"):
        await edits.edit(planned(part, Fade(fade_in=30.0)), [source], folder, lambda _: None)


async def test_an_mp3_that_cannot_be_read_any_more_is_told_as_such(
    tools: tuple[FfmpegAudioConverter, PydubAudioEditor], out: Path
) -> None:
    _, edits = tools
    source, folder = out / "given.mp3", out / "edit"
    source.write_bytes(b"\0" * 50_000)
    folder.mkdir()
    part = Part(id=IDS[0], duration=3.0, channels=2, rate=48_000)
    with pytest.raises(AudioUndecodable, match="cannot be read any more"):
        await edits.edit(planned(part, Gain(db=-1.0)), [source], folder, lambda _: None)


def test_the_service_itself_never_loads_pydub() -> None:
    program = "import sys, efir.bootstrap.wiring.ports; sys.exit('pydub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
