"""Copies of Daybreak in which something was broken on purpose, so that tests can show what they notice."""

from collections.abc import Iterable
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("orchestrator", "phase_worker", "topologies", "extractors")


class Edit(NamedTuple):
    """In `file`, `old`, which occurs once, becomes `new`."""

    file: str
    old: str
    new: str


def mutated_copy(folder: Path, name: str, edits: Iterable[Edit], packages: Iterable[str] = PACKAGES) -> Path:
    """A copy of the `packages` in `folder` with the edits made.

    Raises ValueError where the text of an edit is no longer there: what it breaks has moved, and it must follow.
    """
    for package in packages:
        copytree(ROOT / package, folder / package, ignore=ignore_patterns("__pycache__"))
    for edit in edits:
        path = folder / edit.file
        text = path.read_text()
        if text.count(edit.old) != 1:
            raise ValueError(f"mutant '{name}': {edit.file} has {text.count(edit.old)} times {edit.old!r}")
        path.write_text(text.replace(edit.old, edit.new))
    return folder
