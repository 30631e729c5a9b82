"""A comparison of runs as text: a column for each, or, of many, a line for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.comparison import ComparedRun, Comparison, compare_runs
from orchestrator.job_file.errors import printable
from orchestrator.result_tables import SUMMARY_ROWS, formatted, label
from orchestrator.text_table import table
from phase_worker.contract import RunPaths

_MOST_COLUMNS = 4
_WIDEST = 40  # of a setting
# Of many runs, the figures that fit on a line.
_FEW = ("trials", "fills", "total_return", "cagr", "max_drawdown", "sharpe_ratio")
# A figure's label that says no more than a setting which differs.
_SAID_BY = {
    "symbol": "data.symbol",
    "strategy": "strategy.name",
    "params": "strategy.params",
    "fill": "execution.fill",
    "prices": "data.prices",
}


def comparison_table(comparison: Comparison) -> str:
    """The runs' settings where they differ, their figures, and below what speaks against comparing them."""
    lines, left = rows(comparison)
    parts = (table(lines, left=left), "\n".join(failures(comparison)), "\n".join(cautions(comparison)))
    return "\n\n".join(filter(None, parts))


def failures(comparison: Comparison) -> list[str]:
    """Why runs have no figures."""
    return [printable(f"{run.workflow_id} {run.state}: {run.failure}") for run in comparison.runs if run.failure]


def cautions(comparison: Comparison) -> list[str]:
    """What speaks against comparing the figures."""
    return [printable(f"Caution: {caution}.") for caution in comparison.cautions]


def rows(comparison: Comparison) -> tuple[list[list[str]], int]:
    """The table, its header first, and how many of its first columns are text."""
    if len(comparison.runs) <= _MOST_COLUMNS:
        return _rows(comparison, SUMMARY_ROWS), 1
    turned = zip(*_rows(comparison, _FEW), strict=True)
    return [list(row) for row in turned], 2 + len(comparison.differences) + _has_samples(comparison)


def matrix_report(traces_dir: Path, result: Mapping[str, Any]) -> str:
    """The end of a matrix: its runs side by side, and why one could not go on of which nothing else says so."""
    runs = result["results"]["runs"]
    errors = [f"{name}: {run['error']}" for name, run in runs.items() if "error" in run]
    compared = compare_runs(traces_dir, [name for name in runs if RunPaths(traces_dir, name).run_json.exists()])
    return "\n\n".join(filter(None, (comparison_table(compared), "\n".join(map(printable, errors)))))


def _rows(comparison: Comparison, figures: Sequence[str]) -> list[list[str]]:
    """A row for each run's name, its state, the settings and the figures; a column for each run behind their names."""
    runs = comparison.runs
    found = [["run", *(run.workflow_id for run in runs)], ["state", *(run.state for run in runs)]]
    found += [[key, *(_cut(value) for value in values)] for key, values in comparison.differences.items()]
    if _has_samples(comparison):
        found.append(["figures", *(run.sample for run in runs)])
    said = [name for name in figures if _SAID_BY.get(name) not in comparison.differences]
    present = [name for name in said if any(name in run.summary for run in runs)]
    return found + [[label(name), *(_figure(run, name) for run in runs)] for name in present]


def _has_samples(comparison: Comparison) -> bool:
    """Whether figures are of different kinds."""
    return len({run.sample for run in comparison.runs if run.sample}) > 1


def _figure(run: ComparedRun, name: str) -> str:
    return formatted(name, run.summary[name]) if name in run.summary else ""


def _cut(value: str) -> str:
    return printable(value if len(value) <= _WIDEST else value[: _WIDEST - 1] + "…")
