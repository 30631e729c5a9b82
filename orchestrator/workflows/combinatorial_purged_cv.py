"""The workflow `combinatorial_purged_cv`: every choice of test groups, and the backtest paths made of the tests.

Source: Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 12. Where bars do not divide evenly, the
last group has the rest.
"""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Any

from orchestrator.job import Job
from orchestrator.phase_config import selection_config, trading_config
from orchestrator.plan import DataFacts, Phase
from orchestrator.search import sweep_trials, trial_count
from phase_worker.contract import ConfigError
from phase_worker.discovery import workflow

MAX_SPLITS = 1000
Range = tuple[int, int]  # bars [start, end)


@workflow(
    name="combinatorial_purged_cv",
    extractors=("portfolio_metrics", "distributions", "selections", "windows", "fills", "positions", "equity_curve"),
)
def combinatorial_purged_cv(job: Job, data: DataFacts) -> list[Phase]:
    """Phases train-S, select-S and test-S-G for each split S and its test groups G, path-P, and paths, the result."""
    windows, trials = job.windows, sweep_trials(job.strategy, job.search, job.objective)
    groups = split_groups(data.bars, windows.groups)
    splits = choose_splits(windows.groups, windows.test_groups)
    trains = [train_ranges(groups, tested, windows.purge, windows.embargo) for tested in splits]
    phases = [
        phase
        for split in range(len(splits))
        for phase in _split_phases(job, data, split, splits[split], trains[split], groups, trials)
    ]
    paths = []
    for number, path in enumerate(backtest_paths(splits, windows.groups), start=1):
        chained = [_window(groups, group, split, trains[split]) for group, split in enumerate(path)]
        needed = tuple(window[name] for window in chained for name in ("select_phase", "test_phase"))
        config = trading_config(job, data, 0, data.bars, {}) | {"windows": chained}
        paths.append(Phase(f"path-{number:02d}", "out_of_sample", config, tuple(dict.fromkeys(needed))))
    names = tuple(path.name for path in paths)
    tried = {"paths": list(names), "splits": len(splits), "trials": len(splits) * trial_count(trials)}
    config = trading_config(job, data, 0, data.bars, {}) | tried
    return [*phases, *paths, Phase("paths", "path_distribution", config, names)]


def split_groups(bars: int, groups: int) -> list[Range]:
    """The groups of bars in order, of equal length but for the last, which has the rest."""
    length = bars // groups
    if not length:
        raise ConfigError(f"the data has {bars} bars, which cannot be {groups} groups. Use fewer.", code="E-SCHEMA")
    return [(group * length, bars if group == groups - 1 else (group + 1) * length) for group in range(groups)]


def choose_splits(groups: int, test_groups: int) -> list[tuple[int, ...]]:
    """The test groups of each split: every combination, in lexical order."""
    if not test_groups < groups or comb(groups, test_groups) > MAX_SPLITS:
        raise ConfigError(
            f"windows.test_groups is {test_groups} of {groups} groups. Allowed: fewer than groups, and at most "
            f"{MAX_SPLITS:,} combinations.",
            code="E-SCHEMA",
        )
    return list(combinations(range(groups), test_groups))


def train_ranges(groups: Sequence[Range], tested: Sequence[int], purge: int, embargo: int) -> list[Range]:
    """The bars that are neither tested, nor within `purge` of a test, nor within `embargo` after that."""
    bars, ranges, start = groups[-1][1], [], 0
    for test_start, test_end in (groups[group] for group in tested):
        if start < test_start - purge:
            ranges.append((start, test_start - purge))
        start = test_end + purge + embargo
    if start < bars:
        ranges.append((start, bars))
    if not ranges:
        raise ConfigError(
            f"nothing is left to train on beside the test groups {list(tested)}: purge {purge} and embargo {embargo} "
            f"take all of {bars} bars. Make them smaller.",
            code="E-SCHEMA",
        )
    return ranges


def backtest_paths(splits: Sequence[tuple[int, ...]], groups: int) -> list[list[int]]:
    """For each path, which split's test it takes in each group: path p takes the p-th split that tests the group."""
    testing = [[split for split, tested in enumerate(splits) if group in tested] for group in range(groups)]
    return [list(path) for path in zip(*testing, strict=True)]


def _split_phases(
    job: Job,
    data: DataFacts,
    split: int,
    tested: Sequence[int],
    train: list[Range],
    groups: Sequence[Range],
    trials: dict[str, Any],
) -> list[Phase]:
    config = trading_config(job, data, train[0][0], train[-1][1], trials)
    config["bars"]["ranges"] = [list(bounds) for bounds in train]
    name, select = f"train-{split + 1:03d}", f"select-{split + 1:03d}"
    tests = [
        Phase(
            _test_name(split, group),
            "backtest",
            trading_config(job, data, *groups[group], {"params_from": select}),
            (select,),
        )
        for group in tested
    ]
    return [Phase(name, "parameter_sweep", config), Phase(select, "selection", selection_config(job), (name,)), *tests]


def _window(groups: Sequence[Range], group: int, split: int, train: list[Range]) -> dict[str, Any]:
    """A window as the chaining of tests takes it; its train has the bounds of all ranges in turn."""
    return {
        "train": [bound for bounds in train for bound in bounds],
        "test": list(groups[group]),
        "select_phase": f"select-{split + 1:03d}",
        "test_phase": _test_name(split, group),
    }


def _test_name(split: int, group: int) -> str:
    return f"test-{split + 1:03d}-{group + 1:02d}"
