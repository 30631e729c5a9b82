"""The report: the last phase of a run, which writes a page of what all others left."""

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext


@topology(name="report")
def report(context: PhaseContext) -> None:
    """Write the page of the run, and publish a REPORT of what is on it.

    `config.result` names the phase whose figures are the run's, unless it was skipped. The page is no trace: it tells
    of times, memory and hosts too, and can be written again from the sealed traces.
    """
    from topologies.pages.report_page import write_report  # noqa: PLC0415 -- no other phase draws

    context.publish("REPORT", None, "report", write_report(context))
