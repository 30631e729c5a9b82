"""Extraction: what the extractors read out of a sealed trace; `python -m phase_worker.extraction REQUEST EXTRACTOR`."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import orjson

from phase_worker.contract.errors import DaybreakError
from phase_worker.contract.request import PhaseRequest
from phase_worker.contract.seal import Seal
from phase_worker.contract.trace_text import open_lines
from phase_worker.discovery import ComponentRegistry, get_component_registry
from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery

# Of a larger trace a phase extracts only the figures; what there is many of is extracted when it is asked for.
_LARGE_TRACE_BYTES = 8 << 20
_MANY = frozenset(
    {
        "BAR",
        "SIGNAL",
        "RISK_DECISION",
        "ORDER",
        "FILL",
        "POSITION_OPEN",
        "POSITION_CLOSE",
        "PORTFOLIO_UPDATE",
        "EQUITY_CURVE",
    }
)

Results = list[dict[str, Any]]


class Extractor(Protocol):
    """What is asked of an extractor; `event_types` are those of the events that it may say yes to."""

    result_category: str
    event_types: frozenset[str]

    def can_extract(self, event: Event) -> bool: ...

    def extract(self, event: Event) -> dict[str, Any] | None: ...


def load_extractors(
    registry: ComponentRegistry, names: Sequence[str], loaded: Mapping[str, Extractor] = MappingProxyType({})
) -> dict[str, Extractor]:
    """The extractors called `names`, if need be `loaded` before; raises ComponentError for an unknown one."""
    return {name: loaded.get(name) or registry.get("extractor", name).factory() for name in names}


def split_by_size(extractors: dict[str, Extractor], seal: Seal) -> tuple[list[Extractor], dict[str, str]]:
    """The extractors to use now and, of the others, the name by its category."""
    if seal.size_bytes <= _LARGE_TRACE_BYTES:
        return list(extractors.values()), {}
    many = {name: extractor for name, extractor in extractors.items() if extractor.event_types & _MANY}
    now = [extractor for name, extractor in extractors.items() if name not in many]
    return now, {extractor.result_category: name for name, extractor in many.items()}


def selected_events(trace: Path, seal: Seal, extractors: Sequence[Extractor]) -> Iterator[Event]:
    """The events of a verified trace that `extractors` may say yes to.

    Line by line: for one reading a TraceQuery would not pay, which finds the heads of all records first.
    """
    prefixes = tuple(b'{"event_type":%b,' % orjson.dumps(event_type) for event_type in _event_types(extractors))
    with open_lines(trace) as file:
        for line in islice(file, seal.events if prefixes else 0):
            if line.startswith(prefixes):
                yield Event(**orjson.loads(line))


def _event_types(extractors: Sequence[Extractor]) -> frozenset[str]:
    return frozenset().union(*(extractor.event_types for extractor in extractors))


def extract(events: Iterable[Event], extractors: Sequence[Extractor]) -> dict[str, Results]:
    """Each category's results, in the order of the events; a category without any has an empty list."""
    results: dict[str, Results] = {extractor.result_category: [] for extractor in extractors}
    for event in events:
        for extractor in extractors:
            if extractor.can_extract(event) and (result := extractor.extract(event)) is not None:
                results[extractor.result_category].append(result)
    return results


def main(arguments: list[str]) -> int:
    """Print the results of one extractor as a JSON list."""
    request_file, name = arguments
    try:
        request = PhaseRequest.from_json(Path(request_file).read_bytes(), where=request_file)
        registry = get_component_registry(plugin.path for plugin in request.plugins)
        extractor = load_extractors(registry, [name])[name]
        trace = TraceQuery(request.paths.trace(request.phase))
        results = extract(trace.iter_events(event_type=extractor.event_types), [extractor])
    except DaybreakError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    sys.stdout.buffer.write(orjson.dumps(results[extractor.result_category]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
