"""`python -m topologies.pages REQUEST`, which `daybreak report` runs: writes the page of a report phase again."""

import sys
from pathlib import Path

from phase_worker.contract.errors import DaybreakError
from phase_worker.contract.request import PhaseRequest
from phase_worker.discovery import get_component_registry
from phase_worker.events.bus import EventBus
from phase_worker.topology_builder import PhaseContext
from phase_worker.tracing.query import TraceQuery
from topologies.pages.report_page import write_report


def main(arguments: list[str]) -> int:
    """Write the page of the report phase whose request is in the one file that is named, and print its path."""
    (file,) = arguments
    try:
        request = PhaseRequest.from_json(Path(file).read_bytes(), where=file)
        registry = get_component_registry(plugin.path for plugin in request.plugins)
        inputs = {phase: TraceQuery(source.trace) for phase, source in request.inputs.items()}
        write_report(PhaseContext(request.config, EventBus(), registry, inputs, request.sources, request.paths))
    except DaybreakError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(request.paths.report)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
