"""Draws a chain of events as a tree of causes and effects."""

from collections.abc import Iterator, Sequence

import orjson

from phase_worker.events.event import Event

_VALUE_CHARACTERS = 60


def chain_tree(chain: Sequence[Event]) -> Iterator[str]:
    """One line per event, under its cause; `chain` is in the order of ids, effects behind their causes."""
    ids = {event.event_id for event in chain}
    effects: dict[int | None, list[Event]] = {}
    for event in chain:
        cause = event.causation_id if event.causation_id in ids else None
        effects.setdefault(cause, []).append(event)
    # A stack, not recursion: a chain may be thousands of events deep.
    waiting = [(event, "", "") for event in reversed(effects.get(None, []))]
    while waiting:
        event, branch, indent = waiting.pop()
        yield branch + _describe(event)
        for place, effect in enumerate(reversed(effects.get(event.event_id, []))):
            bend, below = ("└── ", "    ") if place == 0 else ("├── ", "│   ")
            waiting.append((effect, indent + bend, indent + below))


def _describe(event: Event) -> str:
    payload = " ".join(f"{key}={_short(value)}" for key, value in event.payload.items())
    return f"#{event.event_id} {event.event_type} {event.timestamp or '-'} {event.source_id}  {payload}".rstrip()


def _short(value: object) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _VALUE_CHARACTERS else f"{text[:_VALUE_CHARACTERS]}…"
