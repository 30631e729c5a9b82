"""Where a job comes from: a dict, a job file or its bytes, read as a tree with short forms written out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestrator.job_file.checks import PathRules
from orchestrator.job_file.edits import edited
from orchestrator.job_file.errors import Report
from orchestrator.job_file.tree import Node, TreeReport, mapping_tree


def read_job(
    source: Mapping[str, Any] | str | Path,
    overrides: Mapping[str, str],
    workflow_id: str | None,
    allowed_roots: Sequence[Path] | None,
) -> tuple[TreeReport, PathRules]:
    """The tree of a dict or a job file, with `overrides` laid over it, and where its paths start."""
    report = Report()
    root = mapping_tree(source, report) if isinstance(source, Mapping) else _file_tree(Path(source), report)
    start = Path.cwd() if isinstance(source, Mapping) else Path(source).absolute().parent
    root = edited(_mapping(root, report), overrides, report)
    if workflow_id is not None:
        root = root.put(("workflow_id",), mapping_tree(workflow_id, report, ("workflow_id",)))
    return TreeReport(root, report), PathRules(start, allowed_roots)


def read_job_text(
    content: bytes, source: str, start: Path, allowed_roots: Sequence[Path]
) -> tuple[TreeReport, PathRules]:
    """The same of a job file's bytes."""
    from orchestrator.job_file.parsing import parse_yaml  # noqa: PLC0415  yaml takes longer to load than a job to read

    report = Report()
    root = edited(_mapping(parse_yaml(content, source, report), report), {}, report)
    return TreeReport(root, report), PathRules(start, allowed_roots)


def _mapping(root: Node, report: Report) -> Node:
    if not isinstance(root.value, dict):
        got = "nothing" if root.value is None else "a list" if isinstance(root.value, list) else "a single value"
        report.stop("E-NOTMAP", root.place, f"a job is a mapping, such as 'workflow: walk_forward'; this is {got}")
    return root


def _file_tree(path: Path, report: Report) -> Node:
    from orchestrator.job_file.parsing import read_job_file  # noqa: PLC0415  yaml takes longer to load than a job to read

    return read_job_file(path, report)
