"""The reference material: what the right numbers are, so that a test can show that it meets every one of them."""

import json
from collections.abc import Mapping
from math import isinf
from pathlib import Path
from typing import Any

import pytest

Leaves = dict[tuple[str, ...], Any]


def reference(shared: Path, name: str) -> dict[str, Any]:
    """A document of the reference material; without a number it says None."""
    document: dict[str, Any] = json.loads((shared / "reference" / f"{name}.json").read_text())
    return document


def leaves(document: Any, path: tuple[str, ...] = ()) -> Leaves:
    """What stands in a document, by where it stands; an infinity, written where there is no number, is None."""
    if isinstance(document, Mapping):
        items = list(document.items())
    elif isinstance(document, list | tuple):
        items = [(str(place), each) for place, each in enumerate(document)]
    else:
        return {path: None if isinstance(document, float) and isinf(document) else document}
    return {place: leaf for key, each in items for place, leaf in leaves(each, (*path, key)).items()}


def assert_met(found: Any, expected: Any, rel: float = 1e-9, abs: float = 1e-12) -> None:  # noqa: A002
    """Whether `found` says all that `expected` says and nothing else: numbers within the tolerance, texts exactly."""
    ours, theirs = leaves(found), leaves(expected)
    numbers = {path for path, leaf in theirs.items() if isinstance(leaf, float)}
    near = {path: pytest.approx(leaf, rel=rel, abs=abs) if path in numbers else leaf for path, leaf in theirs.items()}
    missed = [path for path, leaf in near.items() if path not in ours or ours[path] != leaf]
    told = [f"{' / '.join(path)}: {ours.get(path, 'nothing')} for {theirs[path]}" for path in missed]
    assert not told, "\n".join(told)
    assert ours.keys() == theirs.keys(), ours.keys() - theirs.keys()
