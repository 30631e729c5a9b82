"""The selection takes the best trial, the first among equals."""

from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract.errors import ConfigError
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery
from tests.fakes.market import Workbench, payloads, trace_of

TIME = "2020-01-31T00:00:00Z"


def trials(*ratios: float | None) -> TraceQuery:
    """The trace of a sweep whose trials have these Sharpe ratios, and each a lower CAGR than the one before."""
    metrics = [
        {"params": {"n": number}, "trial": number, "sharpe_ratio": ratio, "cagr": -float(number)}
        for number, ratio in enumerate(ratios)
    ]
    return trace_of([Event("PORTFOLIO_METRICS", TIME, "metrics", payload) for payload in metrics])


def select(folder: Path, objective: str = "sharpe_ratio", **inputs: TraceQuery) -> dict[str, Any]:
    (selected,) = payloads(Workbench(folder).run("selection", {"objective": objective}, inputs), "SELECTION")
    return selected


def test_the_trial_with_the_highest_objective_is_selected_with_its_metrics(tmp_path: Path) -> None:
    assert select(tmp_path, sweep=trials(0.5, 1.5, -0.2)) == {
        "params": {"n": 1},
        "objective": "sharpe_ratio",
        "value": 1.5,
        "trial": 1,
        "trials": 3,
        "metrics": {"params": {"n": 1}, "trial": 1, "sharpe_ratio": 1.5, "cagr": -1.0},
    }


def test_a_tie_goes_to_the_first_trial_in_order(tmp_path: Path) -> None:
    assert select(tmp_path, sweep=trials(0.5, 1.5, 1.5, 1.5))["trial"] == 1


def test_another_objective_selects_another_trial(tmp_path: Path) -> None:
    selected = select(tmp_path, "cagr", sweep=trials(0.5, 1.5, -0.2))
    assert (selected["trial"], selected["objective"], selected["value"]) == (0, "cagr", 0.0)


def test_an_undefined_objective_is_lower_than_any_number(tmp_path: Path) -> None:
    assert select(tmp_path, sweep=trials(None, -9.0, None))["trial"] == 1


def test_the_first_trial_is_selected_where_no_objective_is_defined(tmp_path: Path) -> None:
    selected = select(tmp_path, sweep=trials(None, None))
    assert (selected["trial"], selected["value"]) == (0, None)


def chosen(ratio: float, trials: int) -> TraceQuery:
    """The trace of a backtest of parameters that were the best of so many."""
    metrics = {"params": {"n": 1}, "trial": 0, "trials": trials, "sharpe_ratio": ratio}
    return trace_of([Event("PORTFOLIO_METRICS", TIME, "metrics", metrics)])


def shard(first: int, ratio: float, of: int) -> TraceQuery:
    metrics = {"params": {"n": first}, "trial": first, "trials": of, "sharpe_ratio": ratio}
    return trace_of([Event("PORTFOLIO_METRICS", TIME, "metrics", metrics)])


def test_a_choice_among_chosen_ones_is_out_of_all_that_they_were_chosen_of(tmp_path: Path) -> None:
    assert select(tmp_path, a=chosen(0.5, 3), b=chosen(0.7, 4))["trials"] == 7
    assert select(tmp_path, a=chosen(0.5, 3))["trials"] == 3


def test_the_shards_of_a_sweep_count_its_trials_once(tmp_path: Path) -> None:
    assert select(tmp_path, a=shard(0, 0.5, 3), b=shard(1, 0.7, 3), c=shard(2, 0.1, 3))["trials"] == 3


def test_trials_of_several_phases_are_compared_with_each_other(tmp_path: Path) -> None:
    selected = select(tmp_path, first=trials(0.5, 0.7), second=trials(0.6, 0.9, 0.1))
    assert (selected["value"], selected["trials"]) == (0.9, 5)


def test_an_objective_that_no_trial_has_is_refused_with_the_known_metrics(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'sharp_ratio' is not a metric .*Did you mean 'sharpe_ratio'\?"):
        select(tmp_path, "sharp_ratio", sweep=trials(0.5))


def test_inputs_without_a_trial_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no PORTFOLIO_METRICS to select from in the traces of sweep"):
        select(tmp_path, sweep=trials())


def test_a_selection_without_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="in the traces of no phase"):
        select(tmp_path)
