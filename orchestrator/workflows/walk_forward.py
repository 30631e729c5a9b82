"""The workflow `walk_forward`: train, select and test in window after window, then chain the tests."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from orchestrator.job import Job, Windows
from orchestrator.phase_config import selection_config, trading_config
from orchestrator.plan import DataFacts, Phase
from orchestrator.search import sweep_trials
from phase_worker.contract import ConfigError
from phase_worker.discovery import workflow

DEFAULT_TRAIN, DEFAULT_TEST = 1008, 252


class WindowBounds(NamedTuple):
    """Bars [train_start, train_end) to train on, and [test_start, test_end) to test on."""

    train_start: int
    train_end: int
    test_start: int
    test_end: int


@workflow(
    name="walk_forward",
    extractors=("portfolio_metrics", "selections", "windows", "signals", "fills", "positions", "equity_curve"),
)
def walk_forward(job: Job, data: DataFacts) -> list[Phase]:
    """Train, select and test window by window: train-NN, select-NN, test-NN, and out-of-sample, which is the result."""
    trials = sweep_trials(job.strategy, job.search, job.objective)
    windows = list(split_windows(job.windows, data.bars))
    width = max(2, len(str(len(windows))))
    phases: list[Phase] = []
    chained: list[dict[str, Any]] = []
    for number, window in enumerate(windows, start=1):
        suffix = f"{number:0{width}d}"
        phases += _window_phases(job, data, window, trials, suffix)
        chained.append(
            {
                "train": [window.train_start, window.train_end],
                "test": [window.test_start, window.test_end],
                "select_phase": f"select-{suffix}",
                "test_phase": f"test-{suffix}",
            }
        )
    config = trading_config(job, data, windows[0].test_start, windows[-1].test_end, {}) | {"windows": chained}
    needed = tuple(name for bounds in chained for name in (bounds["select_phase"], bounds["test_phase"]))
    return [*phases, Phase("out-of-sample", "out_of_sample", config, needed)]


def split_windows(windows: Windows, bars: int) -> Iterator[WindowBounds]:
    """Every window that fits whole into `bars`; test windows never overlap.

    `purge` bars at the end of each train window are left out of it. An anchored train window starts at bar 0.
    """
    train, test = windows.train or DEFAULT_TRAIN, windows.test or DEFAULT_TEST
    step = windows.step or test
    if step < test:
        raise ConfigError(
            f"windows.step is {step}, but a test window is {test} bars: they would overlap, and bars would count "
            "twice. Allowed: step >= test.",
            code="E-SCHEMA",
        )
    if windows.purge >= train or bars < train + test:
        raise ConfigError(
            f"the data has {bars} bars, but one window needs train {train} (less purge {windows.purge}) + test {test} "
            f"= {train + test}. Make the windows smaller.",
            code="E-SCHEMA",
        )
    for start in range(0, bars - train - test + 1, step):
        boundary = start + train
        first = 0 if windows.anchored else start
        yield WindowBounds(first, boundary - windows.purge, boundary, boundary + test)


def _window_phases(job: Job, data: DataFacts, window: WindowBounds, trials: dict[str, Any], suffix: str) -> list[Phase]:
    train, select, test = f"train-{suffix}", f"select-{suffix}", f"test-{suffix}"
    train_config = trading_config(job, data, window.train_start, window.train_end, trials)
    test_config = trading_config(job, data, window.test_start, window.test_end, {"params_from": select})
    return [
        Phase(train, "parameter_sweep", train_config),
        Phase(select, "selection", selection_config(job), (train,)),
        Phase(test, "backtest", test_config, (select,)),
    ]
