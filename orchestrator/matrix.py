"""The matrix of a job: lists of values for some of its keys, of which every combination, a cell, is a job."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

from orchestrator.job import Job, JobErrors, checked_job
from orchestrator.job_file.checks import PathRules
from orchestrator.job_file.edits import laid_over, long_form
from orchestrator.job_file.errors import MAX_PROBLEMS, KeyPath, Report, shown
from orchestrator.job_file.source import read_job, read_job_text
from orchestrator.job_file.tree import UNREADABLE, Node, TreeReport

# More than a table can be read of; every cell is checked before the first is run.
MAX_CELLS = 1000
_SYMBOL: KeyPath = ("symbol",)
_NOT_VARIED = {"matrix", "workflow_id"}


@dataclass(frozen=True, slots=True)
class Axis:
    """The values that `path` is to have, one after the other; `where` is the path of their list in the job."""

    path: KeyPath
    where: KeyPath
    values: list[Node]


def parse_jobs(
    source: Mapping[str, Any] | str | Path,
    *,
    overrides: Mapping[str, str] = MappingProxyType({}),
    workflow_id: str | None = None,
    allowed_roots: Sequence[Path] | None = None,
) -> Job | tuple[Job, ...]:
    """What `parse_job` gives; of a job with a matrix all its cells, those that differ in the last key side by side.

    Raises JobErrors with what is wrong with any of them.
    """
    return _jobs(*read_job(source, overrides, workflow_id, allowed_roots))


def parse_jobs_text(
    content: bytes, *, source: str, start: Path, allowed_roots: Sequence[Path]
) -> Job | tuple[Job, ...]:
    """The same of a job file's bytes, as `parse_job_text` takes them."""
    return _jobs(*read_job_text(content, source, start, allowed_roots))


def _jobs(problems: TreeReport, paths: PathRules) -> Job | tuple[Job, ...]:
    if "matrix" not in problems.root.value:
        return checked_job(problems, paths)
    axes = _axes(problems)
    found = dict.fromkeys(problems.report.problems)
    jobs = []
    for root, report in _cells(problems.root, axes):
        try:
            jobs.append(checked_job(TreeReport(root, report), paths))
        except JobErrors as error:
            found |= dict.fromkeys(error.problems)
            if len(found) >= MAX_PROBLEMS:
                break
    if found:
        raise JobErrors(list(found)[:MAX_PROBLEMS])
    return tuple(jobs)


def _axes(problems: TreeReport) -> list[Axis]:
    """The lists of the matrix; none where something is wrong with one, as the report then says."""
    before = len(problems.report.problems)
    axes: dict[KeyPath, Axis] = {}
    for axis in _lists(problems.root.value["matrix"], ("matrix",), problems):
        if axis.path[0] in _NOT_VARIED:
            problems.add("E-MATRIX", axis.where, f"{axis.path[0]} cannot be varied: beside a matrix it names all cells")
        elif axis.path in axes:
            problems.add("E-MATRIX", axis.where, f"given twice, also as {axes[axis.path].where[-1]}: keep one")
        axes[axis.path] = axis
    if not axes and len(problems.report.problems) == before:
        problems.add("E-MATRIX", ("matrix",), "expected a mapping from keys of the job to lists, got nothing")
    if (cells := prod(len(axis.values) for axis in axes.values())) > MAX_CELLS:
        problems.add("E-MATRIX", ("matrix",), f"it has {cells:,} cells. Allowed: {MAX_CELLS:,}")
    return [] if len(problems.report.problems) > before else list(axes.values())


def _lists(node: Node, where: KeyPath, problems: TreeReport) -> Iterator[Axis]:
    """The lists below `node`: a key with dots and one in a mapping in a mapping are the same."""
    match node.value:
        case dict(children):
            for key, child in children.items():
                yield from _lists(child, (*where, key), problems)
        case list(values) if values and len(where) > 1:
            for number, value in enumerate(values):
                if any(value.plain() == earlier.plain() for earlier in values[:number]):
                    problems.add("E-MATRIX", (*where, number), f"{shown(value.plain())} is given twice: keep one")
            yield Axis(long_form(tuple(".".join(map(str, where[1:])).split("."))), where, values)
        case value if value is not UNREADABLE:
            expected = "a list of at least one value" if len(where) > 1 else "a mapping from keys of the job to lists"
            problems.add("E-MATRIX", where, f"expected {expected}, got {shown(node.plain())}")


def _cells(root: Node, axes: Sequence[Axis]) -> Iterator[tuple[Node, Report]]:
    """The tree of each cell, with what is wrong with it already; none where there are no axes."""
    base = replace(root, value={key: child for key, child in root.value.items() if key != "matrix"})
    combinations = list(product(*(axis.values for axis in axes))) if axes else []
    for number, values in enumerate(combinations, start=1):
        report, cell = Report(), base
        for axis, value in zip(axes, values, strict=True):
            lay = _with_symbol if axis.path == _SYMBOL else laid_over
            cell = lay(cell, axis.path, value, report)
        yield _named(cell, number, len(str(len(combinations)))), report


def _with_symbol(cell: Node, _path: KeyPath, symbol: Node, report: Report) -> Node:
    """Trade another symbol: its file lies beside `data.file`, and is called like it but for the symbol."""
    cell = laid_over(cell, ("data", "symbol"), symbol, report)
    file = cell.get(("data", "file"))
    if file is None or not isinstance(file.value, str) or not isinstance(symbol.value, str):
        return cell  # as the checks will say
    if "/" in symbol.value:
        report.add("E-MATRIX", symbol.place, f"a symbol names a file beside data.file, got {shown(symbol.value)}")
    path = Path(file.value)
    ending = path.name.removeprefix(path.stem.removesuffix(".csv"))  # .csv.gz is one
    beside = replace(symbol, value=str(path.parent / f"{symbol.value}{ending}"))
    return laid_over(cell, ("data", "file"), beside, report)


def _named(cell: Node, number: int, width: int) -> Node:
    """Under the job's workflow_id with the cell's number; without one, each is called by its content."""
    name = cell.get(("workflow_id",))
    if name is None or not isinstance(name.value, str):
        return cell
    return cell.put(("workflow_id",), replace(name, value=f"{name.value}-{number:0{width}d}"))
