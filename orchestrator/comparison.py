"""Runs side by side, from their files: their figures, what differs in their jobs, and what speaks against comparing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from orchestrator.closing_phases import STATISTICS
from orchestrator.results import extracted_results, result_phase, summary
from orchestrator.status import read_run, run_state
from phase_worker.contract import PhaseOutcome, PhaseState, RunPaths, read_outcome

# What a job may say without its figures meaning something else.
_NOT_COMPARED = {"workflow_id", "resources", "trace", "on_finish", "extractors", "report", "statistics"}
# Written as one value: the parameters of two strategies have nothing to do with each other.
_WHOLE = {"strategy.params", "strategy.grid", "risk.params", "phases"}
_CONVENTIONS = ("execution.", "risk.", "data.prices")
GIVEN = "given parameters"
_MISSING = "–"
_NAMED_RUNS = 4  # more are only counted


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run as its files tell of it; without figures (`summary` is empty) where it did not end well.

    `data` is what the data phase found, `bars` the range [first, end) that the figures are of, `sample` whether the
    parameters were chosen on these bars, `result` the phase that the figures are from.
    """

    workflow_id: str
    state: str
    job: dict[str, Any]
    summary: dict[str, Any]
    failure: str
    data: dict[str, Any]
    bars: tuple[int, int] | None
    sample: str
    result: PhaseOutcome | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`differences` has the values of each key, of the job, that is not the same in all runs; `cautions` are lines."""

    runs: tuple[ComparedRun, ...]
    differences: dict[str, tuple[str, ...]]
    cautions: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As plain data."""
        runs = [
            {
                "workflow_id": run.workflow_id,
                "state": run.state,
                "failure": run.failure or None,
                "sample": run.sample or None,
                "data": run.data,
                "differences": {key: values[place] for key, values in self.differences.items()},
                "summary": run.summary,
            }
            for place, run in enumerate(self.runs)
        ]
        return {"schema": 1, "runs": runs, "cautions": self.cautions}


def compare_runs(traces_dir: Path, workflow_ids: Sequence[str]) -> Comparison:
    """Raises ConfigError for a run that does not exist."""
    return side_by_side([read_compared(traces_dir, workflow_id) for workflow_id in workflow_ids])


def side_by_side(runs: Sequence[ComparedRun]) -> Comparison:
    """What differs between them."""
    return Comparison(tuple(runs), _differences(runs), tuple(_cautions(runs)))


def read_compared(traces_dir: Path, workflow_id: str) -> ComparedRun:
    """What the run's files say; of its traces only the seals are read."""
    recorded = read_run(traces_dir, workflow_id)
    state = run_state(traces_dir, recorded)
    paths = RunPaths(traces_dir.resolve(), workflow_id, recorded["job"]["trace"]["compress"] == "zst")
    outcomes = {name: outcome for name in recorded["phases"] if (outcome := read_outcome(paths.outcome(name)))}
    data = outcomes.get("data")
    facts = extracted_results(paths, data)["data"][0] if data and data.completed else {}
    last = result_phase(outcomes) if state == "done" else None
    request = orjson.loads(paths.request(last).read_bytes()) if last else {}
    bars = request["config"].get("bars", {}) if request else {}
    return ComparedRun(
        workflow_id,
        state,
        recorded["job"],
        summary(paths, outcomes[last], outcomes.get(STATISTICS)) if last else {},
        _failure(outcomes) if state != "done" else "",
        facts,
        (bars["start"], bars["end"]) if "end" in bars else None,
        _sample(paths, request) if request else "",
        outcomes[last] if last else None,
    )


def _failure(outcomes: Mapping[str, PhaseOutcome]) -> str:
    reasons = (
        f"{outcome.phase}: {outcome.error.message}"
        for outcome in outcomes.values()
        if outcome.error and outcome.status is not PhaseState.SKIPPED
    )
    return next(reasons, "")


def _sample(paths: RunPaths, request: dict[str, Any]) -> str:
    """Where the parameters come from: given, or chosen on the same bars, or on others."""
    config = request["config"]
    if request["topology"] == "out_of_sample":
        return "out of sample"
    chosen_by = config.get("strategy", {}).get("params_from")
    if chosen_by is None:
        return GIVEN
    first, end = config["bars"]["start"], config["bars"]["end"]
    selection = orjson.loads(paths.request(chosen_by).read_bytes())
    trained = [orjson.loads(paths.request(name).read_bytes()) for name in selection["inputs"]]
    for request_of in [selection] if "bars" in selection["config"] else trained:
        bars = request_of["config"]["bars"]
        if bars["start"] < end and first < bars["end"]:
            return "in sample"
    return "out of sample"


def _differences(runs: Sequence[ComparedRun]) -> dict[str, tuple[str, ...]]:
    flat = [_settings(run) for run in runs]
    keys = dict.fromkeys(key for job in flat for key in job)
    rows = {key: tuple(job.get(key, _MISSING) for job in flat) for key in keys}
    differing = {key: values for key, values in rows.items() if len(set(values)) > 1}
    if "data.symbol" in differing:  # another symbol is in another file
        differing.pop("data.file", None)
    return differing


def _settings(run: ComparedRun) -> dict[str, str]:
    """What of the job the figures depend on: the parameters that were given, or the grid they were chosen from."""
    unused = ("strategy.grid", "strategy.constraints") if run.sample == GIVEN else ("strategy.params",)
    file = {"data.file": Path(run.job["data"]["file"]).name}
    found = _flat(run.job) | file
    return {key: value for key, value in found.items() if not run.sample or key not in unused}


def _flat(job: dict[str, Any], above: str = "") -> dict[str, str]:
    """The settings by dotted key, as text; a strategy's parameters are one."""
    found: dict[str, str] = {}
    for key, value in job.items():
        path = f"{above}{key}"
        if path in _NOT_COMPARED or value in ((), [], {}, None):
            continue
        if isinstance(value, dict) and path not in _WHOLE:
            found |= _flat(value, f"{path}.")
        else:
            found[path] = _shown(value)
    return found


def _shown(value: Any) -> str:
    """A setting on one line: `fast=5,10 slow=20`."""
    if isinstance(value, dict):
        return " ".join(f"{key}={_shown(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ",".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cautions(runs: Sequence[ComparedRun]) -> Iterator[str]:
    """What makes one figure mean something else in one run than in another."""
    ended = [run for run in runs if run.summary]
    if data := _groups(ended, lambda run: run.data["sha256"], _data):
        yield f"different data: {data}"
    elif bars := _groups(ended, lambda run: run.bars, lambda run: "bars {} to {}".format(*run.bars or ("?", "?"))):
        yield f"different periods of the data: {bars}"
    settings = _differences(ended)
    if conventions := [key for key in settings if key.startswith(_CONVENTIONS)]:
        yield f"different conventions: {', '.join(conventions)}"
    if samples := _groups(ended, lambda run: run.sample, lambda run: run.sample):
        yield f"not the same kind of figure: {samples}. On bars that parameters were chosen on, they look too good"
    if trials := _groups(ended, _trials, lambda run: f"{_trials(run)} trials"):
        yield f"chosen from different numbers of trials: {trials}. The best of more looks better by chance"


def _groups(runs: Sequence[ComparedRun], key: Callable[[ComparedRun], Any], name: Callable[[ComparedRun], str]) -> str:
    """Which runs have which, where not all have the same; else nothing."""
    groups: dict[Any, list[ComparedRun]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    if len(groups) < 2:
        return ""
    return "; ".join(f"{name(group[0])} ({_ids(group)})" for group in groups.values())


def _ids(runs: Sequence[ComparedRun]) -> str:
    return ", ".join(run.workflow_id for run in runs) if len(runs) <= _NAMED_RUNS else f"{len(runs)} runs"


def _data(run: ComparedRun) -> str:
    facts = run.data
    return f"{facts['symbol']}, {facts['bars']:,} bars from {facts['first'][:10]} to {facts['last'][:10]}"


def _trials(run: ComparedRun) -> int:
    return int(run.summary.get("trials", 1))
