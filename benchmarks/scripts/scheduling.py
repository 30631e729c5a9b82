"""What the coordinator itself spends on a phase: planning, the ready queue, the request and the outcome on disk."""

import json
import sys
import time
from collections import deque
from math import inf
from pathlib import Path

from orchestrator.plan import Phase, RunSetup, plan_requests
from orchestrator.sequencer import Sequencer
from phase_worker.contract import Limits, PhaseOutcome, PhaseRequest, PhaseState, RunPaths, write_atomically

_SETTINGS = {"strategy": {"name": "sma_cross", "params": {"fast": 10, "slow": 30}}}
_JOIN = 10  # every tenth phase joins the nine before it


class InstantExecutor:
    """Starts no process: a phase's outcome is on disk as soon as it is asked for."""

    def __init__(self) -> None:
        self._started: deque[PhaseRequest] = deque()

    def start(self, request: PhaseRequest) -> None:
        write_atomically(request.paths.request(request.phase), request.to_json())
        self._started.append(request)

    def next_outcome(self, timeout_s: float = inf) -> PhaseOutcome:
        request = self._started.popleft()
        paths, phase = request.paths, request.phase
        outcome = PhaseOutcome(request.workflow_id, phase, request.attempt, PhaseState.COMPLETED, request.digest)
        write_atomically(paths.outcome(phase), outcome.to_json())
        return PhaseOutcome.from_json(paths.outcome(phase).read_bytes())

    def close(self) -> None:
        """Nothing runs."""


def fan_out_and_join(count: int) -> list[Phase]:
    """Nine phases that wait for the join before them, then the one that waits for the nine, and so on."""
    phases = []
    for number in range(count):
        stage, place = divmod(number, _JOIN)
        joins = place == _JOIN - 1
        needed = range(stage * _JOIN, number) if joins else range(stage * _JOIN - 1, stage * _JOIN) if stage else ()
        phases.append(Phase(f"p{number}", "backtest", _SETTINGS, tuple(f"p{other}" for other in needed)))
    return phases


def main(count: int) -> None:
    """Plan and run `count` phases in the working directory."""
    paths = RunPaths(Path.cwd(), "scheduling")
    paths.run_dir.mkdir()
    setup = RunSetup(paths, Limits(memory_bytes=1 << 20, time_s=60.0), ("fills",))
    memory_before = _peak_bytes()
    started_s = time.process_time()
    requests = plan_requests(fan_out_and_join(count), setup)
    planned_s = time.process_time()
    Sequencer(InstantExecutor(), slots=16, memory_bytes=1 << 40).run(requests)
    each = {"plan_s": (planned_s - started_s) / count, "run_s": (time.process_time() - planned_s) / count}
    print(json.dumps(each | {"memory_bytes": (_peak_bytes() - memory_before) / count}))


def _peak_bytes() -> int:
    _, _, rest = Path("/proc/self/status").read_text().partition("VmHWM:")
    return int(rest.split(maxsplit=1)[0]) * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))
