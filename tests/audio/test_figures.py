"""Figures of ffmpeg's filters: read in blocks, they are the ones that a reader of lines finds."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from efir.adapters.media.audio import figures
from efir.adapters.media.audio.proof import measure_loudest

LEVELS = st.floats(-1, 1, allow_subnormal=False)


def write(path: Path, rows: list[list[float]], name: str = "Min_level") -> Path:
    """Write a stretch for each row and a channel for each value, the last channel first, as after a mix."""
    frames = (
        f"frame:{at}    pts:{646 * at}       pts_time:{at / 68}\n"
        + "".join(f"lavfi.astats.{channel}.{name}={row[channel - 1]:f}\n" for channel in range(len(row), 0, -1))
        for at, row in enumerate(rows)
    )
    path.write_text("".join(frames), encoding="ascii")
    return path


@given(rows=st.integers(1, 9).flatmap(lambda n: st.lists(st.lists(LEVELS, min_size=n, max_size=n), max_size=300)))
def test_columns_are_what_a_reader_of_lines_finds(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[float]]
) -> None:
    file = write(tmp_path_factory.mktemp("figures") / "given.txt", rows)
    found = figures.read_columns(file)
    read = [values for _, values in figures.records(file)]
    wanted = (
        [[values[f"{channel}.Min_level"] for values in read] for channel in range(1, len(rows[0]) + 1)] if rows else []
    )
    assert found.get("Min_level", []) == wanted


def test_a_stretch_without_its_figures_is_noticed(tmp_path: Path) -> None:
    file = write(tmp_path / "given.txt", [[0.1, 0.2]] * 2000)
    text = file.read_text(encoding="ascii")
    file.write_text(text.replace("lavfi.astats.1.Min_level=0.100000\n", "", 1)[:-1])
    with pytest.raises(ValueError, match="other figures"):
        figures.read_columns(file)


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 20))
def test_the_loudest_moment_is_the_one_that_a_search_of_all_finds(powers: list[float], moment: int) -> None:
    moments = [powers[at : at + moment] for at in range(max(1, len(powers) - moment + 1))]
    assert measure_loudest(powers, moment) == pytest.approx(max(sum(each) / max(1, len(each)) for each in moments))
