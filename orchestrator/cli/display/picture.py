"""The picture of a run that goes on, for a terminal of any size."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from orchestrator.cli.display.durations import clock
from orchestrator.cli.display.stages import RunStages, Stage

_BAR_WIDTH, _MEAN_WIDTH = 24, 12
_BAR_FROM_COLUMNS, _MEAN_FROM_COLUMNS = 64, 48
_NAMED = 3  # of a stage's running phases
_OTHER_LINES = 7  # title, figures, what there is no room for, and some of what was told before


def run_picture(
    title: str, stages: RunStages, now_s: float, elapsed_s: float, memory_bytes: int, *, size: tuple[int, int]
) -> RenderableType:
    """Title, figures, and a line per stage as far as there is room: those that are not done before those that are."""
    columns, lines = size
    by_need = sorted(stages.stages.values(), key=lambda stage: (not stage.running, stage.ended == stage.total))
    chosen = {stage.name for stage in by_need[: max(1, lines - _OTHER_LINES)]}
    shown = [stage for name, stage in stages.stages.items() if name in chosen]
    parts: list[RenderableType] = [
        Text(title, style="bold", no_wrap=True, overflow="crop"),
        Text(figures(stages, now_s, elapsed_s, memory_bytes)),
        _stage_table(shown, now_s, columns),
    ]
    if len(shown) < len(by_need):
        parts.append(Text(f"and {len(by_need) - len(shown)} more", style="dim"))
    return Group(*parts)


def figures(stages: RunStages, now_s: float, elapsed_s: float, memory_bytes: int) -> str:
    """How far it is, in one line."""
    left_s = stages.left_s(now_s)
    said = [
        f"{stages.done} of {stages.total} phases",
        clock(elapsed_s),
        "" if left_s is None else f"about {clock(left_s)} left",
        f"{stages.running} running, {memory_bytes >> 20} MiB",
        f"{stages.failed} failed" if stages.failed else "",
    ]
    return ", ".join(filter(None, said))


def _stage_table(stages: Sequence[Stage], now_s: float, columns: int) -> Table:
    """What there is no room for is left out: the bar first, then the mean, then the end of what runs."""
    with_bar, with_mean = columns >= _BAR_FROM_COLUMNS, columns >= _MEAN_FROM_COLUMNS
    table = Table.grid(padding=(0, 2, 0, 0))
    for left in (True, *([True] if with_bar else []), False, *([False] if with_mean else []), True):
        table.add_column(justify="left" if left else "right", no_wrap=True, overflow="crop")
    name_width = min(max(len(stage.name) for stage in stages), columns // 2)
    count_width = max(len(_count(stage)) for stage in stages)
    room = columns - name_width - count_width - (_BAR_WIDTH + 2) * with_bar - _MEAN_WIDTH * with_mean - 6
    for stage in stages:
        cells: list[RenderableType] = [Text(stage.name[:name_width], style="red" if stage.failed else "")]
        if with_bar:
            cells.append(ProgressBar(total=stage.total, completed=stage.ended, width=_BAR_WIDTH))
        cells.append(Text(_count(stage)))
        if with_mean:
            cells.append(Text("" if stage.mean_s is None else f"{stage.mean_s:.2f} s", style="dim"))
        cells.append(Text(running(stage, now_s)[: max(0, room)], style="cyan"))
        table.add_row(*cells)
    return table


def _count(stage: Stage) -> str:
    return f"{stage.ended}/{stage.total}"


def running(stage: Stage, now_s: float) -> str:
    """Which of a stage's phases run, by what distinguishes them, and for how long; the longest first."""
    said = [
        f"{phase.removeprefix(stage.name).strip('-')} {now_s - started_s:.0f} s".strip()
        for (_, phase), started_s in sorted(stage.running.items(), key=lambda item: item[1])
    ]
    more = f", {len(said) - _NAMED} more" if len(said) > _NAMED else ""
    return ", ".join(said[:_NAMED]) + more
