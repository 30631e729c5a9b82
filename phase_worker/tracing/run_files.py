"""The runs in a directory of traces, as their files tell of them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from phase_worker.contract.errors import ConfigError, did_you_mean
from phase_worker.contract.outcome import PhaseOutcome, PhaseState, read_outcome
from phase_worker.contract.paths import RunPaths, named_by

_OF_AN_OUTCOME = (
    *("attempt", "events", "digest", "request_digest", "trace"),
    *("exit_code", "host", "started_at", "finished_at"),
)


def find_runs(traces_dir: Path, wanted: Sequence[str] = ()) -> list[RunPaths]:
    """The `wanted` runs, or all there are; raises ConfigError for one that is not there, and where there is none."""
    known = sorted(path.parent.name for path in traces_dir.glob("*/run.json"))
    if not known:
        raise ConfigError(f"no runs in {traces_dir}. Name the directory that they are in: --traces DIR")
    for workflow_id in wanted:
        if workflow_id not in known:
            raise ConfigError(f"no run '{workflow_id}' in {traces_dir}. {did_you_mean(workflow_id, known)}")
    return [RunPaths(traces_dir, workflow_id) for workflow_id in wanted or known]


def find_traces(traces_dir: Path, runs: Collection[RunPaths]) -> list[tuple[str, str, Path]]:
    """Workflow_id, phase and path of each trace of these runs, by name; a compressed one where there is no other."""
    ids = {run.workflow_id for run in runs}
    found: dict[tuple[str, str], Path] = {}
    for path in sorted(chain(traces_dir.glob("*.jsonl"), traces_dir.glob("*.jsonl.zst"))):
        workflow_id, phase = named_by(path)
        if workflow_id in ids and phase:
            found.setdefault((workflow_id, phase), path)
    return [(*name, path) for name, path in found.items()]


def run_row(run: RunPaths) -> dict[str, Any]:
    """One row of the table runs."""
    document = orjson.loads(run.run_json.read_bytes())
    job = document["job"]
    return {
        **{name: document[name] for name in ("workflow_id", "workflow", "state", "started_at", "finished_at")},
        "strategy": job["strategy"]["name"],
        "symbol": job["data"]["symbol"],
        "data_file": job["data"]["file"],
        "job": job,
    }


def phase_rows(run: RunPaths) -> Iterator[dict[str, Any]]:
    """The rows of the table phases: those that have ended as they started, then those that were skipped."""
    states = orjson.loads(run.run_json.read_bytes())["phases"]
    outcomes = find_outcomes(run)
    told = {outcome.phase for outcome in outcomes if outcome.passed_over}
    skipped = [phase for phase, state in states.items() if state == PhaseState.SKIPPED and phase not in told]
    for outcome in outcomes:
        if outcome.phase not in skipped:
            yield _phase_row(run, outcome)
    for phase in skipped:
        yield {"workflow_id": run.workflow_id, "phase": phase, "state": PhaseState.SKIPPED}


def find_outcomes(run: RunPaths) -> list[PhaseOutcome]:
    """Of the phases that have ended, in the order of their starts."""
    outcomes = [outcome for path in run.run_dir.glob("*.outcome.json") if (outcome := read_outcome(path))]
    return sorted(outcomes, key=lambda outcome: (outcome.started_at, outcome.phase))


def read_request(run: RunPaths, phase: str) -> dict[str, Any]:
    """What was to be run, as the file says; nothing where that is gone."""
    try:
        request: dict[str, Any] = orjson.loads(run.request(phase).read_bytes())
    except FileNotFoundError:
        return {}
    return request


def _phase_row(run: RunPaths, outcome: PhaseOutcome) -> dict[str, Any]:
    row = {
        "workflow_id": run.workflow_id,
        "phase": outcome.phase,
        "topology": read_request(run, outcome.phase).get("topology"),
        "state": outcome.status,
        **{name: getattr(outcome, name) for name in _OF_AN_OUTCOME},
        **asdict(outcome.resources),
        "error_code": outcome.error.code if outcome.error else None,
        "error": outcome.error.message if outcome.error else None,
    }
    return {name: None if value == "" else value for name, value in row.items()}  # what a lost phase could not say
