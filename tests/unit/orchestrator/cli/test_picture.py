"""The picture of a run has the most important in it, however small the terminal is."""

from io import StringIO

import pytest
from rich.console import Console

from orchestrator.cli.display.picture import run_picture
from orchestrator.cli.display.stages import RunStages
from phase_worker.contract import PhaseState


def drawn(stages: RunStages, columns: int = 80, lines: int = 24) -> list[str]:
    console = Console(file=StringIO(), width=columns, height=lines, force_terminal=True, color_system=None)
    console.print(run_picture("wf-1", stages, 110.0, 70.0, 64 << 20, size=(columns, lines)))
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def busy(others: int = 0) -> RunStages:
    stages = RunStages(2)
    stages.planned([f"other{chr(97 + n)}" for n in range(others)])
    stages.planned([f"train-{n:02}" for n in range(1, 13)])
    stages.started("train-01", 100.0)
    stages.ended("train-01", PhaseState.COMPLETED, 104.0)
    for number in range(2, 8):
        stages.started(f"train-{number:02}", 102.0 + number)
    return stages


def test_it_shows_figures_and_what_runs_the_longest_first() -> None:
    title, figures, train = drawn(busy(), columns=100)
    assert title == "wf-1"
    assert figures == "1 of 12 phases, 1:10, about 0:13 left, 6 running, 64 MiB"
    assert train.split()[0] == "train"
    assert train.endswith("1/12  4.00 s  02 6 s, 03 5 s, 04 4 s, 3 more")


@pytest.mark.parametrize("columns", [20, 40, 47, 63, 80, 200])
def test_no_line_is_longer_than_the_terminal_is_wide(columns: int) -> None:
    lines = drawn(busy(3), columns)
    assert max(map(len, lines)) <= columns
    assert any("train" in line and "1/12" in line for line in lines)


def test_stages_without_room_are_counted_and_those_that_run_are_shown() -> None:
    lines = drawn(busy(20), lines=12)
    assert len(lines) < 12
    assert any(line.startswith("train") for line in lines)
    assert lines[-1] == "and 16 more"
