"""The sequencer: runs requests in the order of their dependencies, in parallel up to the slots and the memory."""

from collections.abc import Callable, Sequence

from orchestrator.executors.executor import Executor
from orchestrator.ready_queue import ReadyQueue
from orchestrator.resume import completed_outcome
from phase_worker.contract import ErrorReport, PhaseOutcome, PhaseRequest, PhaseState

OutcomeListener = Callable[[PhaseOutcome], None]


class Sequencer:
    """Starts what is ready, skips the dependents of a phase that did not complete, and repeats nothing that is done."""

    def __init__(
        self, executor: Executor, *, slots: int, memory_bytes: int, on_outcome: OutcomeListener | None = None
    ) -> None:
        self._executor = executor
        self._slots = slots
        self._memory_bytes = memory_bytes
        self._on_outcome = on_outcome or (lambda outcome: None)

    def run(self, requests: Sequence[PhaseRequest]) -> dict[str, PhaseOutcome]:
        """Run all requests; returns each phase's outcome, in the order of `requests`."""
        by_name = {request.phase: request for request in requests}
        queue = ReadyQueue({request.phase: tuple(request.inputs) for request in requests})
        outcomes: dict[str, PhaseOutcome] = {}
        running: dict[str, PhaseRequest] = {}

        def finish(outcome: PhaseOutcome) -> None:
            outcomes[outcome.phase] = outcome
            queue.done(outcome.phase)
            self._on_outcome(outcome)

        while queue.active:
            while (name := queue.first()) is not None and self._has_room(by_name[name], running):
                request = by_name[queue.pop()]
                if (settled := _settled(request, outcomes)) is not None:
                    finish(settled)
                else:
                    self._executor.start(request)
                    running[request.phase] = request
            if running:
                outcome = self._executor.next_outcome()
                del running[outcome.phase]
                finish(outcome)
        return {name: outcomes[name] for name in by_name}

    def _has_room(self, request: PhaseRequest, running: dict[str, PhaseRequest]) -> bool:
        """A free slot and enough memory; a phase that would never fit may run alone."""
        if not running:
            return True
        in_use = sum(other.limits.memory_bytes for other in running.values())
        return len(running) < self._slots and in_use + request.limits.memory_bytes <= self._memory_bytes


def _settled(request: PhaseRequest, outcomes: dict[str, PhaseOutcome]) -> PhaseOutcome | None:
    """The outcome of a request that needs no process: skipped, or completed by an earlier run."""
    failed = [name for name in request.inputs if not outcomes[name].completed]
    if failed:
        reasons = ", ".join(f"'{name}' {outcomes[name].status}" for name in failed)
        return PhaseOutcome(
            workflow_id=request.workflow_id,
            phase=request.phase,
            attempt=request.attempt,
            status=PhaseState.SKIPPED,
            request_digest=request.digest,
            error=ErrorReport("E-SKIPPED", f"not started: {reasons}"),
        )
    return completed_outcome(request)
