"""The workflow `regime`: in training the best is chosen for each market regime, in the test each trades in its own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from orchestrator.grid import StrategyChoice, expand_grid
from orchestrator.job import Job
from orchestrator.job_file.regime import RegimeChoice
from orchestrator.phase_config import selection_config, trading_config
from orchestrator.plan import DataFacts, Phase
from orchestrator.search import sweep_trials
from orchestrator.workflows.train_test import split_bars
from orchestrator.workflows.walk_forward import WindowBounds, split_windows
from phase_worker.discovery import workflow

Trials = dict[str, Any]  # what a sweep's strategy says of them


@workflow(
    name="regime",
    extractors=(
        "portfolio_metrics",
        "selections",
        "windows",
        "regime_changes",
        "signals",
        "fills",
        "positions",
        "equity_curve",
    ),
)
def regime(job: Job, data: DataFacts) -> list[Phase]:
    """Per window train-REGIME, select-REGIME, choose and test; with windows, numbered, and then out-of-sample."""
    assert job.regime is not None  # a job of this workflow has it
    candidates = [(job.strategy, sweep_trials(job.strategy, job.search, job.objective))]
    candidates += [(strategy, {"trials": expand_grid(strategy)}) for strategy in job.regime.strategies]
    if job.regime.split == "train_test":
        boundary, end = split_bars(job.windows, data.bars)
        only = WindowBounds(0, boundary - job.windows.purge, boundary, end)
        return _window_phases(job, job.regime, data, only, candidates, "")
    windows = list(split_windows(job.windows, data.bars))
    width = max(2, len(str(len(windows))))
    suffixes = [f"-{number:0{width}d}" for number in range(1, len(windows) + 1)]
    chained = [_chained(window, suffix) for window, suffix in zip(windows, suffixes, strict=True)]
    needed = tuple(bounds[name] for bounds in chained for name in ("select_phase", "test_phase"))
    config = trading_config(job, data, windows[0].test_start, windows[-1].test_end, {}) | {"windows": chained}
    return [
        *(
            phase
            for window, suffix in zip(windows, suffixes, strict=True)
            for phase in _window_phases(job, job.regime, data, window, candidates, suffix)
        ),
        Phase("out-of-sample", "out_of_sample", config, needed),
    ]


def _chained(window: WindowBounds, suffix: str) -> dict[str, Any]:
    return {
        "train": [window.train_start, window.train_end],
        "test": [window.test_start, window.test_end],
        "select_phase": f"choose{suffix}",
        "test_phase": f"test{suffix}",
    }


def _window_phases(
    job: Job,
    told: RegimeChoice,
    data: DataFacts,
    window: WindowBounds,
    candidates: Sequence[tuple[StrategyChoice, Trials]],
    suffix: str,
) -> list[Phase]:
    spec = {"classifier": told.classifier, "params": told.params, "regimes": list(told.regimes)}
    named = {"name": "+".join(dict.fromkeys(strategy.name for strategy, _ in candidates))}
    train, test = (window.train_start, window.train_end), (window.test_start, window.test_end)
    phases: list[Phase] = []
    selections: dict[str, str] = {}
    for name in told.regimes:
        sweeps = []
        for number, (strategy, trials) in enumerate(candidates, start=1):
            sweep = f"train-{name}{f'-{number}' if len(candidates) > 1 else ''}{suffix}"
            config = trading_config(replace(job, strategy=strategy), data, *train, trials)
            sweeps.append(Phase(sweep, "parameter_sweep", config | {"regime": {**spec, "only": name}}))
        selections[name] = f"select-{name}{suffix}"
        names = tuple(sweep.name for sweep in sweeps)
        phases += [*sweeps, Phase(selections[name], "selection", selection_config(job), names)]
    chosen = trading_config(job, data, *train, named | {"selections": selections})
    tested = trading_config(job, data, *test, named | {"params_from": f"choose{suffix}"})
    more = {"regime": spec}
    return [
        *phases,
        Phase(
            f"choose{suffix}", "regime_choice", chosen | more | {"objective": job.objective}, tuple(selections.values())
        ),
        Phase(f"test{suffix}", "regime_backtest", tested | more, (f"choose{suffix}",)),
    ]
