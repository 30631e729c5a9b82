"""A small run, to see whether phases start here, and how fast."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.coordinator import Coordinator
from orchestrator.doctor.finding import Finding, bad, warn
from phase_worker.contract import DaybreakError

_SLOW_S = 5.0


def trial_run() -> Iterator[Finding]:
    """A backtest of made-up bars, in a temporary directory."""
    topic = "trial run"
    with tempfile.TemporaryDirectory(prefix="daybreak-doctor-") as folder:
        data = Path(folder) / "MADEUP.csv"
        rows = (f"2020-01-{day:02},{day},{day},{day},{day},1" for day in range(1, 31))
        data.write_text("\n".join(["timestamp,open,high,low,close,volume", *rows]))
        job: dict[str, Any] = {"workflow": "backtest", "strategy": "buy_and_hold", "data_file": str(data)}
        job |= {"statistics": False, "report": False}  # the time is that of starting phases
        started_s = time.perf_counter()
        try:
            result = Coordinator(Path(folder) / "traces").execute_workflow(job)
        except (DaybreakError, OSError) as error:
            yield bad(topic, str(error), "no job can be run here: this is to be mended first")
            return
        took_s = time.perf_counter() - started_s
    errors = [phase["error"]["message"] for phase in result["results"]["phase_results"].values() if phase["error"]]
    if errors:
        yield bad(topic, errors[0], "no job can be run here: this is to be mended first")
    elif took_s > _SLOW_S:
        yield warn(topic, f"{took_s:.2f} s", "phases start slowly: is Python on a slow file system, the machine busy?")
    else:
        yield Finding(topic, f"{len(result['results']['phase_results'])} phases in {took_s:.2f} s")
