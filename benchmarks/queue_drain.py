"""`make bench`: a queue of small jobs that were all dropped at once."""

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.jobs import bars_csv
from benchmarks.places import DAYBREAK, ENVIRONMENT, MEMORY
from benchmarks.tables import mebibytes, millis, seconds, table

_FOLDER = MEMORY / "daybreak-bench"
_JOB = """\
workflow: backtest
workflow_id: job-{number:05}
strategy: {{name: sma_cross, params: {{fast: 3, slow: 9}}}}
data: {{file: {data}, symbol: BARS}}
execution: {{cash: {cash}}}
statistics: false
report: false
"""


def queue(_rounds: int) -> str:
    """Each size once: jobs of two phases over 100 bars, in memory, so that fsync costs nothing."""
    rows = [_row(count) for count in (100, 1_000, 10_000)]
    header = ["jobs dropped at once", "drained in", "jobs a second", "coordinator's cpu, each", "its peak memory"]
    return table(header, rows)


def _row(count: int) -> list[str]:
    _drop(count)
    started_s = time.perf_counter()
    cpu_s, peak_bytes = _drain()
    wall_s = time.perf_counter() - started_s
    done = len(list((_FOLDER / "jobs" / "done").iterdir()))
    if done != count:
        raise RuntimeError(f"{done} of {count} jobs are done")
    return [f"{count:,}", seconds(wall_s), f"{count / wall_s:.0f}", millis(cpu_s / count), mebibytes(peak_bytes)]


def _drop(count: int) -> None:
    """Job files as a user copies them into the queue directory."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    (_FOLDER / "jobs").mkdir(mode=0o700, parents=True)
    data = Path(shutil.copy(bars_csv(100), _FOLDER))
    for number in range(count):
        job = _JOB.format(number=number, data=data, cash=10_000 + number)
        (_FOLDER / "jobs" / f"{number:05}.yaml").write_text(job)


def _drain() -> tuple[float, int]:
    """The coordinator's own cpu time, without that of its phases, and its peak of memory."""
    command = [DAYBREAK, "drain", "--queue", "jobs", "--traces", "traces"]
    process = psutil.Popen(command, cwd=_FOLDER, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cpu_s, peak_bytes = 0.0, 0
    while process.poll() is None:
        with suppress(psutil.Error):
            used = process.cpu_times()
            cpu_s, peak_bytes = used.user + used.system, max(peak_bytes, process.memory_info().rss)
        time.sleep(0.05)
    return cpu_s, peak_bytes
