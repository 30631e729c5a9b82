"""A coordinator's process that measures itself: `python memory_probe.py DIRECTORY PHASES` prints its memory as JSON.

Its phases are forks that leave results of 50 kB each, so that thousands of them take seconds, and results that were
kept in memory would show.
"""

import json
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from orchestrator.executors.local import LocalExecutor
from orchestrator.executors.phase_process import Ending
from orchestrator.plan import Phase, RunSetup, plan_requests
from orchestrator.results import run_result
from orchestrator.sequencer import Sequencer
from phase_worker.contract import Limits, PhaseOutcome, PhaseRequest, RunPaths
from tests.fakes.finished_phases import finish

FIRST_MEASURED = 20
RESULTS = {"fills": [{"event_id": number, "symbol": "SPY", "price": number / 7} for number in range(1000)]}


@dataclass(frozen=True)
class ForkedPhase:
    """A fork of this process."""

    pid: int
    pidfd: int

    def fileno(self) -> int:
        return self.pidfd

    def release(self) -> None:
        self.reap()

    def reap(self) -> Ending:
        os.close(self.pidfd)
        _, status = os.waitpid(self.pid, 0)
        return Ending(os.waitstatus_to_exitcode(status))


class ForkStart:
    """Starts phases as forks of this process."""

    server_pid = None

    def __call__(self, request: PhaseRequest, log_fd: int) -> ForkedPhase:
        pid = os.fork()
        if pid == 0:
            os.setsid()
            finish(request, RESULTS)
            os._exit(0)
        return ForkedPhase(pid, os.pidfd_open(pid))

    def close(self) -> None:
        """There is nothing to end."""


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main(folder: Path, phases: int) -> None:
    paths = RunPaths(folder, "wf-1")
    planned = [
        Phase("p0", "scripted", {}),
        *(Phase(f"p{number}", "scripted", {}, ("p0",)) for number in range(1, phases)),
    ]
    requests = plan_requests(planned, RunSetup(paths, Limits(1, 60.0), ("fills",)))
    measured: list[int] = []

    def measure(_outcome: PhaseOutcome) -> None:
        measured.append(resident_bytes())

    sequencer = Sequencer(LocalExecutor(start_process=ForkStart()), slots=2, memory_bytes=1 << 40, on_outcome=measure)
    result = run_result(paths, "custom", sequencer.run(requests))
    measured.append(resident_bytes())
    rows = sum(len(phase["extracted_results"]["fills"]) for phase in result["results"]["phase_results"].values())
    grown = max(measured[FIRST_MEASURED:]) - measured[FIRST_MEASURED]
    sys.stdout.write(
        json.dumps({"success": result["success"], "phases": len(measured) - 1, "rows": rows, "grown_bytes": grown})
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
