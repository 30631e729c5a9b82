"""The result of a run, as the caller gets it: small, with extracted results read from disk when asked for."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from orchestrator.closing_phases import REPORT, RESERVED, STATISTICS
from orchestrator.executors.environment import PACKAGES_ROOT
from phase_worker.contract import DaybreakError, PhaseOutcome, RunPaths

Results = list[dict[str, Any]]

# Of the figures of the statistics phase, those that a summary has too.
_JUDGED = ("pbo", "psr", "dsr", "min_trl", "lo_sharpe_ratio", "sharpe_low", "sharpe_high")


class ExtractedResults(Mapping[str, Results]):
    """Category → list of dicts of one phase; each look-up reads that category from disk.

    Of a large trace, what there is many of is only then extracted, by a process like a phase's.
    `json.dumps(result, default=dict)` makes plain JSON of it.
    """

    def __init__(
        self, path: Path, counts: Mapping[str, int], deferred: Mapping[str, Callable[[], Results]] | None = None
    ) -> None:
        self._path = path
        self._counts = counts
        self._deferred = deferred or {}

    def __getitem__(self, category: str) -> Results:
        if category in self._deferred:
            return self._deferred[category]()
        if not self._counts[category]:
            return []
        prefix = b'{"category":%b,' % orjson.dumps(category)
        with self._path.open("rb") as file:
            for line in file:
                if line.startswith(prefix):
                    results: Results = orjson.loads(line)["results"]
                    return results
        raise KeyError(f"{category}: {self._path} has changed since the phase wrote it")

    def __iter__(self) -> Iterator[str]:
        return chain(self._counts, self._deferred)

    def __len__(self) -> int:
        return len(self._counts) + len(self._deferred)

    def __repr__(self) -> str:
        return f"ExtractedResults({', '.join(self)})"


class RunResult(dict[str, Any]):
    """The result document: a dict in all, which a notebook shows as tables."""

    def __repr__(self) -> str:
        state = "success" if self["success"] else "failed"
        return f"RunResult({self['workflow_id']}: {state}, {len(self['results']['phase_results'])} phases)"

    def _repr_html_(self) -> str:
        from orchestrator.notebook_view import result_html  # noqa: PLC0415 -- only a notebook asks for it

        return result_html(self)


def extracted_results(paths: RunPaths, outcome: PhaseOutcome) -> ExtractedResults:
    """What the extractors read out of a phase's trace."""
    request = paths.request(outcome.phase)
    deferred = {category: partial(_extract_now, request, name) for category, name in outcome.deferred.items()}
    return ExtractedResults(paths.extracted(outcome.phase), outcome.extracted, deferred)


def _extract_now(request: Path, extractor: str) -> Results:
    command = [sys.executable, "-P", "-m", "phase_worker.extraction", str(request), extractor]
    environment = os.environ | {"PYTHONPATH": str(PACKAGES_ROOT)}
    process = subprocess.run(command, env=environment, capture_output=True, check=False)
    if process.returncode:
        raise DaybreakError(
            f"extracting {extractor} failed: {process.stderr.decode(errors='replace')}", where=str(request)
        )
    results: Results = orjson.loads(process.stdout)
    return results


def phase_result(paths: RunPaths, outcome: PhaseOutcome) -> dict[str, Any]:
    """One entry of `results.phase_results`."""
    return {
        "status": str(outcome.status),
        "trace": outcome.trace,
        "digest": outcome.digest,
        "request_digest": outcome.request_digest,
        "events": outcome.events,
        "attempt": outcome.attempt,
        "exit_code": outcome.exit_code,
        "error": outcome.error.to_dict() if outcome.error else None,
        "warnings": list(outcome.warnings),
        "resources": asdict(outcome.resources),
        "extracted_results": extracted_results(paths, outcome),
    }


def run_result(paths: RunPaths, workflow: str, outcomes: Mapping[str, PhaseOutcome]) -> RunResult:
    """The result document; the workflow's own last phase is the one that its summary is of."""
    success = bool(outcomes) and all(outcome.settled for outcome in outcomes.values())
    last = result_phase(outcomes)
    return RunResult(
        workflow_id=paths.workflow_id,
        workflow=workflow,
        success=success,
        result_phase=last,
        summary=summary(paths, outcomes[last], outcomes.get(STATISTICS)) if success and last else {},
        report=str(paths.report) if success and REPORT in outcomes else None,
        results={"phase_results": {name: phase_result(paths, outcome) for name, outcome in outcomes.items()}},
    )


def result_phase(outcomes: Mapping[str, PhaseOutcome]) -> str | None:
    """The last phase that the workflow itself brought and no condition skipped; None where it came to none."""
    own = (name for name, outcome in outcomes.items() if name not in RESERVED and not outcome.passed_over)
    return next(reversed(list(own)), None)


def summary(paths: RunPaths, outcome: PhaseOutcome, statistics: PhaseOutcome | None) -> dict[str, Any]:
    """The phase's metrics, the parameters that each window chose, and what the statistics say of it."""
    extracted = extracted_results(paths, outcome)
    metrics = extracted.get("portfolio_metrics", [])
    windows = extracted.get("windows", [])
    chosen = {"chosen_parameters": [window["params"] for window in windows]} if windows else {}
    if statistics and statistics.completed and metrics:
        [found] = extracted_results(paths, statistics)["statistics"]
        chosen |= {name: found[name] for name in _JUDGED}
    return (metrics[-1] if metrics else {}) | chosen


def to_json(result: Mapping[str, Any]) -> bytes:
    """The whole result as one JSON document."""
    return orjson.dumps(result, default=dict, option=orjson.OPT_INDENT_2)
