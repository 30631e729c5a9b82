"""The result of a run, as the caller gets it: small, with extracted results read from disk when asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from phase_worker.contract import PhaseOutcome, RunPaths


class ExtractedResults(Mapping[str, list[dict[str, Any]]]):
    """Category → list of dicts of one phase; each look-up reads that category's line from disk.

    `json.dumps(result, default=dict)` makes plain JSON of it.
    """

    def __init__(self, path: Path, counts: Mapping[str, int]) -> None:
        self._path = path
        self._counts = counts

    def __getitem__(self, category: str) -> list[dict[str, Any]]:
        if not self._counts[category]:
            return []
        prefix = b'{"category":%b,' % orjson.dumps(category)
        with self._path.open("rb") as file:
            for line in file:
                if line.startswith(prefix):
                    results: list[dict[str, Any]] = orjson.loads(line)["results"]
                    return results
        raise KeyError(f"{category}: {self._path} has changed since the phase wrote it")

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"ExtractedResults({dict(self._counts)})"


def extracted_results(paths: RunPaths, outcome: PhaseOutcome) -> ExtractedResults:
    """What the extractors read out of a phase's trace."""
    return ExtractedResults(paths.extracted(outcome.phase), outcome.extracted)


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


def run_result(paths: RunPaths, workflow: str, outcomes: Mapping[str, PhaseOutcome]) -> dict[str, Any]:
    """The result document; the last phase of a workflow is the one that its summary is of."""
    success = bool(outcomes) and all(outcome.completed for outcome in outcomes.values())
    return {
        "workflow_id": paths.workflow_id,
        "workflow": workflow,
        "success": success,
        "summary": summary(paths, outcomes) if success else {},
        "results": {"phase_results": {name: phase_result(paths, outcome) for name, outcome in outcomes.items()}},
    }


def summary(paths: RunPaths, outcomes: Mapping[str, PhaseOutcome]) -> dict[str, Any]:
    """The metrics of the last phase, and the parameters that each window chose."""
    extracted = extracted_results(paths, list(outcomes.values())[-1])
    metrics = extracted.get("portfolio_metrics", [])
    windows = extracted.get("windows", [])
    chosen = {"chosen_parameters": [window["params"] for window in windows]} if windows else {}
    return (metrics[-1] if metrics else {}) | chosen


def to_json(result: Mapping[str, Any]) -> bytes:
    """The whole result as one JSON document."""
    return orjson.dumps(result, default=dict, option=orjson.OPT_INDENT_2)
