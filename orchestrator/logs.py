"""The logs of a run's phases, merged by time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from orchestrator.status import read_run, run_state
from phase_worker.contract import RunPaths
from phase_worker.contract.log_lines import time_of

_LOOK_EVERY_S = 0.2
# Of lines without a time, or of one line, not more is held at once: a log is whatever a user's code printed.
_PART_BYTES = 64 * 1024


def merged_logs(traces_dir: Path, workflow_id: str, *, follow: bool = False) -> Iterator[str]:
    """The lines of all phases' logs, each after its phase's name, in the order of their times.

    Lines without a time stay below the line before them. With `follow` they go on until the run ends, in batches that
    are ordered in themselves; logs of phases that start meanwhile are included. Raises ConfigError for an unknown run.
    """
    paths = RunPaths(traces_dir, workflow_id)
    read_run(traces_dir, workflow_id)
    logs: dict[Path, _Log] = {}
    while True:
        # Looked at first: what a run that has ended wrote is all there when it is read.
        goes_on = follow and run_state(traces_dir, read_run(traces_dir, workflow_id)) == "active"
        for path in paths.run_dir.glob("*.log"):
            logs.setdefault(path, _Log(path))
        entries = [entry for log in logs.values() for entry in log.read_on(to_the_end=not goes_on)]
        for entry in sorted(entries, key=lambda entry: entry.time):
            yield from entry.lines()
        if not goes_on:
            return
        time.sleep(_LOOK_EVERY_S)


@dataclass(frozen=True, slots=True)
class _Entry:
    """A part of a log: a line with a time, and lines without one that belong to it."""

    time: bytes
    path: Path
    start: int
    size: int

    def lines(self) -> Iterator[str]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            content = file.read(self.size)
        for line in content.decode(errors="backslashreplace").removesuffix("\n").split("\n"):
            yield escaped(f"{self.path.stem:<16} {line}".rstrip())


@dataclass(slots=True)
class _Log:
    """A log that may still grow."""

    path: Path
    _offset: int = 0
    _time: bytes = b""

    def read_on(self, *, to_the_end: bool) -> Iterator[_Entry]:
        """What was added since the last call; a last line that has no end yet waits, unless `to_the_end`."""
        with self.path.open("rb") as file:
            start = file.seek(self._offset)
            while line := file.readline(_PART_BYTES):
                if not (to_the_end or line.endswith(b"\n") or len(line) == _PART_BYTES):
                    break
                found = time_of(line)
                if start < self._offset and (found or self._offset - start >= _PART_BYTES):
                    yield _Entry(self._time, self.path, start, self._offset - start)
                    start = self._offset
                # A clock that was set back must not tear a log apart: within one, order is what counts.
                self._time = max(self._time, found or b"")
                self._offset += len(line)
            if start < self._offset:
                yield _Entry(self._time, self.path, start, self._offset - start)


def escaped(text: str) -> str:
    """`text` without control characters: what comes from a file must not reach the terminal as it is."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)
