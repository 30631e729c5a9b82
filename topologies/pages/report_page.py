"""The page of a run, put together from its sections."""

from typing import Any

from phase_worker.contract.files import write_atomically
from phase_worker.contract.html_page import element, page
from phase_worker.topology_builder import PhaseContext


def write_report(context: PhaseContext) -> dict[str, Any]:
    """Write the page; returns what is on it, as far as that is the same each time."""
    workflow = context.config["workflow"]
    sections = [("result", "Result", element("p", f"{len(context.inputs)} phases"))]
    content = page(context.paths.workflow_id, workflow, sections)
    write_atomically(context.paths.report, content)
    return {"workflow": workflow, "sections": [identifier for identifier, _, _ in sections]}
