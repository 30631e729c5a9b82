"""The event bus: synchronous, ordered, and the keeper of event ids and of event time."""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from phase_worker.events.event import Event

Handler = Callable[[Event], None]


class EventRecorder(Protocol):
    """What the bus needs of a tracer."""

    def record(self, event: Event) -> None: ...


class Bus(Protocol):
    """What a component needs of a bus: the phase's own, or a leg's view of it."""

    def publish(self, event: Event) -> None: ...

    def subscribe(self, event_type: str, handler: Handler) -> None: ...

    def schedule(self, time: int, handler: Handler, event: Event, moment: int = 0) -> None: ...


class EventBus:
    """Delivers each event to all its handlers, in the order of event ids.

    An event published by a handler waits until the event being handled has reached all its handlers, so every
    handler sees events in one order. Time is the index of a bar: `schedule` keeps an event for a later bar, `advance`
    moves the time. Whatever a handler publishes has the handled event as its cause, also when it was scheduled.
    A handler that raises ends the phase: the exception leaves `publish` or `advance` with a note of where it was.
    """

    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = {}
        self._record: Callable[[Event], None] | None = None
        self._queue: deque[tuple[list[Handler], Event]] = deque()
        self._later: list[tuple[int, int, int, Handler, Event]] = []
        self._cause: Event | None = None
        self._next_id = 0
        self._next_order = 0

    def attach_tracer(self, tracer: EventRecorder) -> None:
        """Record every event from now on, before any handler sees it."""
        self._record = tracer.record

    def subscribe(self, event_type: str, handler: Handler) -> None:
        """Call `handler` with every event of `event_type`, after the handlers that subscribed earlier."""
        self._handlers.setdefault(event_type, []).append(handler)

    def publish(self, event: Event) -> None:
        """Give `event` its ids, record it and deliver it."""
        event.event_id = event_id = self._next_id
        self._next_id = event_id + 1
        cause = self._cause
        if cause is None:
            event.causation_id = None
            event.correlation_id = event_id
        else:
            event.causation_id = cause.event_id
            event.correlation_id = cause.correlation_id
        if self._record is not None:
            self._record(event)
        handlers = self._handlers.get(event.event_type)
        if handlers is not None:
            self._queue.append((handlers, event))
            if cause is None:
                self._deliver()

    def schedule(self, time: int, handler: Handler, event: Event, moment: int = 0) -> None:
        """Call `handler` with `event` when time reaches bar `time`; the event then counts as the cause.

        What is scheduled for one bar runs in the order of its `moment`s, and within one in the order of scheduling.
        """
        heappush(self._later, (time, moment, self._next_order, handler, event))
        self._next_order += 1

    def advance(self, time: int) -> None:
        """Run what is scheduled for bars up to and including `time`, in order."""
        later = self._later
        while later and later[0][0] <= time:
            _, _, _, handler, event = heappop(later)
            self._queue.append(([handler], event))
            self._deliver()

    def shutdown(self) -> None:
        """Forget handlers and what still waits; a later publish is an error."""
        self._record = _refuse
        self._handlers.clear()
        self._queue.clear()
        self._later.clear()

    def _deliver(self) -> None:
        """Hand each queued event to all its handlers; what they publish queues up behind it."""
        queue = self._queue
        handler: Handler | None = None
        try:
            while queue:
                handlers, self._cause = queue.popleft()
                for handler in handlers:
                    handler(self._cause)
        except Exception as error:
            if (event := self._cause) is not None:
                name = getattr(handler, "__qualname__", repr(handler))
                error.add_note(f"in {name}, handling {event.event_type} #{event.event_id} of {event.timestamp}")
            raise
        finally:
            self._cause = None


def _refuse(event: Event) -> None:
    raise RuntimeError(f"{event.event_type} from {event.source_id!r} was published after the bus was shut down")
