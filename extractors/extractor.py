"""What every extractor has: the events it selects, the category of the result they go to."""

from typing import Any, ClassVar

from phase_worker.events.event import Event


class ResultExtractor:
    """Selects events from a trace for the result document; never computes.

    A subclass names its `result_category` and its `event_types`: only lines of these types are parsed for it, so an
    own `can_extract` may say no to some of these events, but not yes to others.
    """

    result_category: ClassVar[str]
    event_types: ClassVar[frozenset[str]]

    def can_extract(self, event: Event) -> bool:
        """Whether `event` goes into this category."""
        return event.event_type in self.event_types

    def extract(self, event: Event) -> dict[str, Any] | None:
        """The payload with the event's id, from which its chain can be followed, and time; None if not selected.

        A `timestamp` of the payload itself, such as the equity curve's list, stands instead of the event's.
        """
        if not self.can_extract(event):
            return None
        return {"event_id": event.event_id, "timestamp": event.timestamp, **event.payload}
