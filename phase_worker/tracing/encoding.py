"""The record of an event: one JSON line, `event_type` first, the rest as readers expect it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import orjson

from phase_worker.events.event import Event

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
_LINE = _OPTIONS | orjson.OPT_APPEND_NEWLINE
_END = b"}}\n"
_PART_VALUES = 1 << 14


def make_encoder() -> Callable[[Event], bytes]:
    """A function that gives the record of an event."""
    # One dict for all records: to make a new one takes half as long again as to serialise it.
    record: dict[str, Any] = {}
    dumps = orjson.dumps

    def encode(event: Event) -> bytes:
        record["event_type"] = event.event_type
        record["event_id"] = event.event_id
        record["timestamp"] = event.timestamp
        record["source_id"] = event.source_id
        record["causation_id"] = event.causation_id
        record["correlation_id"] = event.correlation_id
        record["payload"] = event.payload
        return dumps(record, None, _LINE)

    return encode


def has_columns(event: Event) -> bool:
    """Whether a value of the payload is an array or a list of more than a part's values."""
    return any(_is_column(value) and len(value) > _PART_VALUES for value in event.payload.values())


def encode_in_parts(event: Event) -> Iterator[bytes]:
    """The same record in parts, none with more than some thousand values of an array or a list in the payload."""
    text = make_encoder()(replace(event, payload={})).removesuffix(_END)
    comma = b""
    for key, value in event.payload.items():
        text += comma + orjson.dumps({key: 0})[1:-2]
        if _is_column(value) and len(value):
            for start in range(0, len(value), _PART_VALUES):
                yield text + (b"," if start else b"[") + _inside(value[start : start + _PART_VALUES])
                text = b""
            text = b"]"
        else:
            text += orjson.dumps(value, None, _OPTIONS)
        comma = b","
    yield text + _END


def _is_column(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _inside(column: Any) -> bytes:
    """The JSON of a column without its brackets."""
    return orjson.dumps(column, None, _OPTIONS)[1:-1]
