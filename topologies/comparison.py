"""The comparison: a phase that reads the traces of several runs, and writes a page of them side by side."""

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext


@topology(name="comparison")
def comparison(context: PhaseContext) -> None:
    """Write the page, and publish a COMPARISON of what is on it.

    `config.runs` names the run of each input; `config.rows`, `config.cautions` and `config.failures` are text that
    stands on the page as it is.
    """
    from topologies.pages.comparison_page import write_comparison  # noqa: PLC0415 -- no other phase draws

    context.publish("COMPARISON", None, "comparison", write_comparison(context))
