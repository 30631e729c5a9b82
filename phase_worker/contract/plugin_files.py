"""The files that a plugin consists of."""

from pathlib import Path


def plugin_files(path: Path) -> list[Path]:
    """The Python files that a plugin path stands for, in a fixed order."""
    return [path] if path.is_file() else sorted(path.rglob("*.py"))
