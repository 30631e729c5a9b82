"""The verification of a run: whether its strategies look ahead, and whether its phases give the same bytes again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import orjson

from orchestrator.closing_phases import REPORT
from orchestrator.results import extracted_results
from orchestrator.sequencer import Sequencer
from phase_worker.contract import (
    ConfigError,
    InputTraceError,
    PhaseOutcome,
    PhaseRequest,
    RunPaths,
    read_outcome,
    verify_trace,
)
from phase_worker.contract.trace_text import open_lines

_LOOK_AHEAD = "look-ahead"
_SHOWN = 200  # characters of a line


@dataclass(frozen=True, slots=True)
class Verification:
    """`checks` are what LOOK_AHEAD_CHECK says of each trial; `differences` what is wrong, by phase that was run again.

    `error` is why there are no checks, where there are none.
    """

    checks: list[dict[str, Any]]
    error: str
    differences: dict[str, str]

    @property
    def verified(self) -> bool:
        """Whether nothing looks ahead and nothing differs."""
        looking_ahead = any(check["finding"] for check in self.checks)
        return not (looking_ahead or self.error or any(self.differences.values()))


def verify(paths: RunPaths, sequencer: Sequencer, sample: int, folder: Path) -> Verification:
    """Check the run's trials, and run `sample` of its completed phases again, in `folder`, from their requests.

    Which ones depends on nothing but the run. Raises ConfigError (E-NORUN) where there is no such run.
    """
    requests = completed_requests(paths)
    again = random.Random(paths.workflow_id).sample(requests, min(sample, len(requests)))  # noqa: S311 -- no secret
    checked = _look_ahead_requests(requests)
    there = [replace(request, traces_dir=folder, attempt=1) for request in (*again, *checked)]
    outcomes = sequencer.run([replace(request, extractors=_extractors(request)) for request in there])
    checks, error = _checks(RunPaths(folder, paths.workflow_id), outcomes.pop(_LOOK_AHEAD, None))
    differences = {name: _difference(paths.trace(name), outcome) for name, outcome in outcomes.items()}
    return Verification(checks, error, differences)


def completed_requests(paths: RunPaths) -> list[PhaseRequest]:
    """Those of the run's completed phases, but for the report, which tells of times and hosts too."""
    if not paths.run_json.exists():
        raise ConfigError(
            "this job has not been run here. Run it first: daybreak run JOB", where=str(paths.run_dir), code="E-NORUN"
        )
    states = orjson.loads(paths.run_json.read_bytes())["phases"]
    files = [paths.request(name) for name, state in states.items() if state == "completed" and name != REPORT]
    return [PhaseRequest.from_json(file.read_bytes(), str(file)) for file in files]


def _extractors(request: PhaseRequest) -> tuple[str, ...]:
    return ("look_ahead",) if request.phase == _LOOK_AHEAD else ()


def _look_ahead_requests(requests: Sequence[PhaseRequest]) -> list[PhaseRequest]:
    """A check of every trial that the phases have traded; none where they have traded nothing."""
    trading = [(request, trials) for request in requests if (trials := _trials(request))]
    if not trading:
        return []
    distinct = {orjson.dumps(trial): trial for _, trials in trading for trial in trials}
    first, _ = trading[0]
    bars = {name: value for name, value in first.config["bars"].items() if name not in ("start", "end")}
    config = {"bars": bars, "trials": list(distinct.values()), "trace": {"level": "full", "bars": False}}
    return [replace(first, phase=_LOOK_AHEAD, topology="look_ahead_check", config=config, inputs={}, gate=None)]


def _trials(request: PhaseRequest) -> list[dict[str, Any]]:
    """What decides in a phase: its strategy with each set of parameters, and the classifier of its regimes."""
    strategy, regime = request.config.get("strategy", {}), request.config.get("regime")
    sets = strategy.get("trials") or ([strategy["params"]] if "params" in strategy else [])
    if "search" in strategy:
        sets = _found(request)
    trials = [{"strategy": strategy["name"], "params": params} for params in sets]
    legs = [leg["strategy"] for leg in request.config.get("legs", ())]
    trials += [{"strategy": leg["name"], "params": leg["params"]} for leg in legs]
    if regime:
        trials.append({"strategy": regime["classifier"], "params": regime["params"], "regimes": regime["regimes"]})
    return trials


def _found(request: PhaseRequest) -> list[dict[str, Any]]:
    """The sets of parameters that an adaptive search has tried, as far as the job has its results extracted."""
    outcome = read_outcome(request.paths.outcome(request.phase))
    results = extracted_results(request.paths, outcome) if outcome else {}
    return [trial["params"] for trial in results.get("portfolio_metrics", [])]


def _checks(paths: RunPaths, outcome: PhaseOutcome | None) -> tuple[list[dict[str, Any]], str]:
    if outcome is None:
        return [], ""
    if outcome.error:
        return [], outcome.error.message
    return extracted_results(paths, outcome)["look_ahead"], ""


def _difference(trace: Path, outcome: PhaseOutcome) -> str:
    """How the trace differs from that of the phase that was run again; empty where it does not."""
    if outcome.error:
        return f"run again it {outcome.status}: {outcome.error.message}"
    try:
        seal = verify_trace(trace)
    except InputTraceError as error:
        return str(error)
    return "" if seal.sha256 == outcome.digest else _first_difference(trace, Path(outcome.trace))


def _first_difference(trace: Path, other: Path) -> str:
    with open_lines(trace) as lines, open_lines(other) as others:
        pairs = enumerate(zip_longest(lines, others, fillvalue=b"(nothing)"), start=1)
        number, (line, then) = next((number, pair) for number, pair in pairs if pair[0] != pair[1])
    return f"line {number} was {_shown(line)}, run again it is {_shown(then)}"


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
