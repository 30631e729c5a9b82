"""The sequencer: runs requests in the order of their dependencies, in parallel up to the slots and the memory."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress

from orchestrator.executors.executor import Executor
from orchestrator.ready_queue import ReadyQueue
from orchestrator.resume import completed_outcome
from orchestrator.run_watch import RunWatch, Unwatched
from phase_worker.contract import (
    ErrorReport,
    ExitCode,
    PhaseOutcome,
    PhaseRequest,
    PhaseState,
    TransientError,
)

OutcomeListener = Callable[[PhaseOutcome], None]


class Batch:
    """Requests of one run that were given together, and how far they have come."""

    def __init__(self, requests: Sequence[PhaseRequest]) -> None:
        self.requests = {request.phase: request for request in requests}
        # An input that is not among them has been made elsewhere: the phase itself checks that it is there.
        inputs = {request.phase: [name for name in request.inputs if name in self.requests] for request in requests}
        self.waiting = ReadyQueue(inputs)
        self.running: set[str] = set()
        self.ended: dict[str, PhaseOutcome] = {}
        self.stopped = False

    @property
    def active(self) -> bool:
        """Whether a phase still runs, or is still to be started."""
        return bool(self.running) or (self.waiting.active and not self.stopped)

    @property
    def outcomes(self) -> dict[str, PhaseOutcome]:
        """Those there are, in the order of the requests: of every phase, unless the batch was stopped."""
        return {name: self.ended[name] for name in self.requests if name in self.ended}

    def first(self) -> PhaseRequest | None:
        """The next that can be started; None while all that is left waits for something to end."""
        name = None if self.stopped else self.waiting.first()
        return None if name is None else self.requests[name]

    def end(self, outcome: PhaseOutcome) -> None:
        """Take what became of a phase, and free what waited for it."""
        self.running.discard(outcome.phase)
        self.ended[outcome.phase] = outcome
        self.waiting.done(outcome.phase)


class Sequencer:
    """Starts what is ready, skips the dependents of a phase that did not complete, and repeats nothing that is done.

    Batches of several runs share the slots and the memory; no two may be of one run at a time. An earlier batch goes
    first, and what does not fit yet is waited for: nothing small overtakes it for ever.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        slots: int,
        memory_bytes: int,
        on_outcome: OutcomeListener | None = None,
        watch: RunWatch | None = None,
    ) -> None:
        self._executor = executor
        self._slots = slots
        self._memory_bytes = memory_bytes
        self._on_outcome = on_outcome or (lambda outcome: None)
        self._watch = watch or Unwatched()
        self._batches: list[Batch] = []
        self._running: dict[tuple[str, str], Batch] = {}

    def run(self, requests: Sequence[PhaseRequest]) -> dict[str, PhaseOutcome]:
        """Run all requests; returns each phase's outcome, in the order of `requests`."""
        batch = self.add(requests)
        while batch.active:
            self.start_ready()
            self.wait()
        return batch.outcomes

    @property
    def running(self) -> int:
        """How many phases run."""
        return len(self._running)

    def add(self, requests: Sequence[PhaseRequest]) -> Batch:
        """Take requests of a run, to be started when there is room."""
        batch = Batch(requests)
        self._batches.append(batch)
        self._watch.planned(requests)
        return batch

    def stop(self, batch: Batch, reason: ErrorReport) -> None:
        """Start no more of a batch, and end what runs of it; it stays active until that has ended."""
        batch.stopped = True
        for name in batch.running:
            self._executor.stop(batch.requests[name], reason)

    def start_ready(self) -> bool:
        """Start all that is ready and has room; whether there is room for more than that."""
        self._batches = [batch for batch in self._batches if batch.active]
        for batch in self._batches:
            while (request := batch.first()) is not None:
                if not self._has_room(request):
                    return False
                batch.waiting.pop()
                self._start(batch, request)
        return self._in_use()[0] < self._slots

    def wait(self, timeout_s: float = math.inf) -> None:
        """Wait for one of the running phases to end, if any runs; for less long where somebody watches."""
        if self._running:
            self._watch.refresh()
            with suppress(TimeoutError):
                outcome = self._executor.next_outcome(min(timeout_s, self._watch.refresh_s))
                self._end(self._running.pop((outcome.workflow_id, outcome.phase)), outcome)

    def _start(self, batch: Batch, request: PhaseRequest) -> None:
        if (settled := _settled(request, batch.ended)) is not None:
            self._end(batch, settled)
            return
        try:
            self._executor.start(request)
        except (TransientError, OSError) as error:
            self._end(batch, _not_run(request, PhaseState.FAILED, ErrorReport("E-TRANSIENT", str(error))))
        else:
            batch.running.add(request.phase)
            self._running[request.workflow_id, request.phase] = batch
            self._watch.started(request)

    def _end(self, batch: Batch, outcome: PhaseOutcome) -> None:
        batch.end(outcome)
        self._on_outcome(outcome)

    def _has_room(self, request: PhaseRequest) -> bool:
        """Free slots, one for each of its workers, and enough memory; a phase that would never fit may run alone."""
        if not self._running:
            return True
        slots, memory_bytes = self._in_use()
        workers, each_bytes = request.limits.workers, request.limits.memory_bytes
        return slots + workers <= self._slots and memory_bytes + workers * each_bytes <= self._memory_bytes

    def _in_use(self) -> tuple[int, int]:
        """Slots, and bytes of memory."""
        limits = [batch.requests[name].limits for (_, name), batch in self._running.items()]
        return sum(each.workers for each in limits), sum(each.workers * each.memory_bytes for each in limits)


def _settled(request: PhaseRequest, outcomes: dict[str, PhaseOutcome]) -> PhaseOutcome | None:
    """The outcome of a request that needs no process: skipped, or completed by an earlier run."""
    failed = [name for name in request.inputs if name in outcomes and not outcomes[name].settled]
    if failed:
        reasons = ", ".join(f"'{name}' {outcomes[name].status}" for name in failed)
        return _not_run(request, PhaseState.SKIPPED, ErrorReport("E-SKIPPED", f"not started: {reasons}"))
    return completed_outcome(request)


def _not_run(request: PhaseRequest, status: PhaseState, error: ErrorReport) -> PhaseOutcome:
    """The outcome of a phase that had no process."""
    return PhaseOutcome(
        workflow_id=request.workflow_id,
        phase=request.phase,
        attempt=request.attempt,
        status=status,
        request_digest=request.digest,
        exit_code=ExitCode.TRANSIENT if status is PhaseState.FAILED else None,
        error=error,
    )
