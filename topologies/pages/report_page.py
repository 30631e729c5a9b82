"""The page of a run, put together from its sections."""

from typing import Any

from phase_worker.contract.files import write_atomically
from phase_worker.contract.html_page import page
from phase_worker.topology_builder import PhaseContext
from topologies.pages.charts import STARTER, library, library_version
from topologies.pages.equity import equity_section
from topologies.pages.facts import data_section, provenance_section, result_section, statistics_section
from topologies.pages.legs import legs_section
from topologies.pages.parameters import parameters_section
from topologies.pages.phase_times import phases_section
from topologies.pages.run_traces import RunTraces, read_traces
from topologies.pages.trades import trades_section
from topologies.pages.windows import windows_section
from topologies.pages.wording import date
from topologies.run_result import result_name


def write_report(context: PhaseContext) -> dict[str, Any]:
    """Write the page; returns what is on it, as far as that is the same each time."""
    config, paths = context.config, context.paths
    traces = read_traces(context.inputs, result_name(config, context.inputs))
    possible = (
        ("result", "Result", result_section(traces)),
        ("equity", "Equity and drawdown", equity_section(context, traces)),
        ("legs", "Legs", legs_section(traces)),
        ("windows", "Windows", windows_section(traces)),
        ("parameters", "Parameters", parameters_section(traces, config["objective"])),
        ("trades", "Trades", trades_section(traces)),
        ("statistics", "Statistics", statistics_section(traces)),
        ("data", "Data", data_section(traces)),
        ("phases", "Phases", phases_section(paths, traces)),
        ("provenance", "Provenance", provenance_section(context, traces)),
    )
    sections = [(identifier, title, content) for identifier, title, content in possible if content is not None]
    scripts = [library(paths.page_script(library_version())), STARTER]
    write_atomically(
        paths.report, page(_title(config, traces), _heading(paths.workflow_id, traces), sections, scripts=scripts)
    )
    return {
        "workflow": config["workflow"],
        "sections": [identifier for identifier, _, _ in sections],
        "windows": len(traces.windows),
        "trades": len(traces.trades),
    }


def _title(config: Any, traces: RunTraces) -> str:
    metrics = traces.metrics
    about = f"{metrics['strategy']} on {metrics['symbol']}, " if "strategy" in metrics and "symbol" in metrics else ""
    return about + str(config["workflow"]).replace("_", " ")


def _heading(workflow_id: str, traces: RunTraces) -> str:
    data = traces.data.last("DATA")
    return f"Run {workflow_id}: {data['bars']:,} bars from {date(data['first'])} to {date(data['last'])}"
