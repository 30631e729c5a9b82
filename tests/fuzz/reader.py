"""A process that reads fuzzed files: `python -m tests.fuzz.reader KIND FOLDER`.

It takes inputs from stdin, each after its length in four bytes, and answers each with a line of JSON. Whatever an input
does to this process is seen by the one that started it.
"""

import json
import re
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from orchestrator.job import JobErrors, parse_job
from phase_worker.containment import peak_memory_bytes
from phase_worker.contract import DataError, DaybreakError

LIMIT_CPU_S = 2.0
# What the queue allows the reader of a job file; by default a phase has 1 GiB.
_DATA_NAMES = {
    "csv": "fuzz.csv",
    "gz": "fuzz.csv.gz",
    "zst": "fuzz.csv.zst",
    "zip": "fuzz.zip",
    "parquet": "fuzz.parquet",
}
NAMES = {"job": "fuzz.yaml"} | _DATA_NAMES
LIMIT_BYTES = {"job": 256 << 20} | dict.fromkeys(_DATA_NAMES, 1 << 30)
# Of a whole file, and so without a place in it.
_WHOLE_JOB = {"E-TOOBIG"}
_WHOLE_DATA = {"E-EMPTY", "E-GZIP", "E-ZST", "E-ZIP", "E-BOMB", "E-PARQUET"}


class BadAnswer(Exception):
    """What is accepted is not what it should be, or what is rejected is not told as it should be."""


def read_job(path: Path) -> None:
    """A job that is accepted can be written down, and what is written down is that job."""
    try:
        job = parse_job(path, allowed_roots=[path.parent])
    except JobErrors as errors:
        for problem in errors.problems:
            expect(problem.code in _WHOLE_JOB or (problem.place.line > 0 and problem.place.column > 0), str(problem))
        raise
    expect(parse_job(json.loads(orjson.dumps(job.resolved()))) == job, "the resolved job is another job")


def read_data(path: Path) -> None:
    """Bars that are accepted are possible; what is rejected is so at its line, row or column."""
    import numpy as np

    from phase_worker.discovery import get_component_registry
    from topologies.components.data.reading import AS_IT_IS, Reading
    from topologies.market_files import read_source

    try:
        for reading in (AS_IT_IS, Reading(timezone="America/New_York")):
            bars = read_source(get_component_registry(), path, reading)
    except DataError as error:
        first, *rows = str(error).splitlines()
        expect(bool(rows) == bool(re.search(r" problems? in this file", first)), str(error))
        whole = _WHOLE_DATA | ({"E-COLUMNS"} if path.suffix == ".parquet" else set())
        place = re.compile(rf"{re.escape(str(path))}:(\d+|row \d+| column '.*'): (error )?E-")
        expect(error.code in whole or all(place.match(line) for line in rows or [first]), str(error))
        raise
    low, high = np.minimum(bars.open, bars.close), np.maximum(bars.open, bars.close)
    possible = (bars.low > 0) & (bars.low <= low) & (high <= bars.high) & (bars.high < np.inf)
    expect(len(bars) > 0 and bool(possible.all()), "an impossible bar was accepted")
    expect(bool((np.diff(bars.time_ns) > 0).all()), "times that do not ascend were accepted")
    expect(bool(((bars.volume >= 0) & (bars.volume < np.inf)).all()), "an impossible volume was accepted")


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadAnswer(otherwise)


def verdict_of(read: Callable[[Path], None], path: Path) -> dict[str, Any]:
    """`accepted`, a code, or `raised` with what was."""
    try:
        read(path)
    except DaybreakError as error:
        if error.code.startswith("E-") and all(line.isprintable() for line in str(error).split("\n")):
            return {"verdict": error.code}
        return {"verdict": "raised", "detail": f"not to be shown in a terminal: {error!r}"}
    except BaseException as error:  # noqa: BLE001  that is what is looked for
        return {"verdict": "raised", "detail": f"{type(error).__name__}: {error}"[:500]}
    return {"verdict": "accepted"}


def main(kind: str, folder: Path) -> None:
    read = read_job if kind == "job" else read_data
    path = folder / NAMES[kind]
    path.write_bytes(b"")
    verdict_of(read, path)  # imports what is needed, outside of the limits
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES[kind], LIMIT_BYTES[kind]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while length := stdin.read(4):
        path.write_bytes(stdin.read(int.from_bytes(length)))
        started_s = time.process_time()
        # By default the signal ends the process, also where no Python runs.
        signal.setitimer(signal.ITIMER_PROF, LIMIT_CPU_S)
        answer = verdict_of(read, path)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answer |= {"cpu_s": time.process_time() - started_s, "peak_bytes": peak_memory_bytes()}
        stdout.write(orjson.dumps(answer) + b"\n")
        stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
