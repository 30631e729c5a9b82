"""Rewrites a job's tree: short forms are written out, and `--set key.path=value` is put in its place."""

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.job_file.errors import KeyPath, Report, printable
from orchestrator.job_file.kinds import Section, ShortFor
from orchestrator.job_file.schema import JOB
from orchestrator.job_file.tree import MAX_DEPTH, Node, TreeReport


def edited(root: Node, overrides: Mapping[str, str], report: Report) -> Node:
    """The tree with `overrides` (YAML text by dotted key path) applied and no short forms left at its top level."""
    root = _without_short_forms(root, report)
    for key, text in overrides.items():
        root = _with_override(root, key, text, report)
    return root


def laid_over(root: Node, path: KeyPath, new: Node, report: Report) -> Node:
    """The tree with `new` at `path`, where it may stand for what is there; both may be short forms."""
    path = long_form(path)
    if len(path) > MAX_DEPTH:
        report.stop("E-DEPTH", new.place, f"nested more than {MAX_DEPTH} deep")
    try:
        return _without_short_forms(root.put(path, new), report)
    except TypeError:
        report.add("E-SCHEMA", new.place, "a key above it is not a mapping, so that it has no keys to set")
        return root


def long_form(path: KeyPath) -> KeyPath:
    """The path that the key is short for, if it is."""
    short = JOB.fields.get(str(path[0]))
    return short.target + path[1:] if isinstance(short, ShortFor) else path


def _without_short_forms(root: Node, report: Report) -> Node:
    for name, field in JOB.fields.items():
        node = root.value.get(name)
        if isinstance(field, ShortFor) and node is not None:
            root = _moved(root, name, field.target, report)
        elif isinstance(field, Section) and node is not None and field.is_short(node.value):
            root = root.put((name,), replace(node, value={field.short_for: node}))
    return root


def _moved(root: Node, name: str, target: KeyPath, report: Report) -> Node:
    node = root.value[name]
    root = replace(root, value={key: child for key, child in root.value.items() if key != name})
    if root.get(target) is not None:
        TreeReport(root, report).add("E-SCHEMA", target, f"given twice, also as {name}: keep one")
        return root
    try:
        return root.put(target, node)
    except TypeError:  # what stands in the way is not a mapping, as validation will say
        return root


def _with_override(root: Node, key: str, text: str, report: Report) -> Node:
    from orchestrator.job_file.parsing import parse_yaml  # noqa: PLC0415  yaml takes longer to load than a job to read

    new = parse_yaml(text.encode(errors="surrogateescape"), f"--set {printable(key)}", report)
    return laid_over(root, tuple(key.split(".")), new, report)
