"""An executor that runs nothing: it notes what it was asked for, and lets phases end as a test wants."""

from collections.abc import Callable, Collection, Sequence
from math import inf

from phase_worker.contract import ErrorReport, PhaseOutcome, PhaseRequest, PhaseState


class RecordingExecutor:
    """Of the running phases `choose` picks the next that ends; those in `failing` fail."""

    def __init__(
        self, failing: Collection[str] = (), choose: Callable[[Sequence[str]], str] = lambda running: running[0]
    ) -> None:
        self._failing = failing
        self._choose = choose
        self._running: dict[str, PhaseRequest] = {}
        self.started: list[str] = []
        self.ended: list[str] = []
        self.stopped: list[tuple[str, str]] = []
        self.most_phases = 0
        self.most_memory_bytes = 0

    def start(self, request: PhaseRequest) -> None:
        self.started.append(request.phase)
        self._running[request.phase] = request
        self.most_phases = max(self.most_phases, len(self._running))
        in_use = sum(running.limits.memory_bytes for running in self._running.values())
        self.most_memory_bytes = max(self.most_memory_bytes, in_use)

    def next_outcome(self, timeout_s: float = inf) -> PhaseOutcome:
        request = self._running.pop(self._choose(list(self._running)))
        self.ended.append(request.phase)
        status = PhaseState.FAILED if request.phase in self._failing else PhaseState.COMPLETED
        return PhaseOutcome(request.workflow_id, request.phase, request.attempt, status, request.digest)

    def stop(self, request: PhaseRequest, reason: ErrorReport) -> None:
        self.stopped.append((request.phase, reason.code))

    def close(self) -> None:
        self._running.clear()
