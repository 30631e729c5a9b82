"""A result as a notebook shows it: its figures, its windows, and what failed."""

from collections.abc import Iterator, Mapping
from os.path import relpath
from typing import Any

from orchestrator.result_tables import WINDOW_COLUMNS, summary_rows, window_rows
from phase_worker.contract.html_page import Markup, element, joined, table


def result_html(result: Mapping[str, Any]) -> str:
    """The result document as HTML, to be put into a page; all that a job has named is escaped."""
    return element("div", *_parts(result))


def _parts(result: Mapping[str, Any]) -> Iterator[Markup]:
    phases = result["results"]["phase_results"]
    heading = f" {'succeeded' if result['success'] else 'failed'}: {result['workflow']}, {len(phases)} phases"
    yield element("p", element("strong", result["workflow_id"]), heading, _report_link(result["report"]))
    if rows := summary_rows(result["summary"]):
        yield table(("figure", "value"), rows, caption="Summary")
    if windows := _windows(result):
        yield table(WINDOW_COLUMNS, window_rows(windows), caption="Windows, by Sharpe ratio", left=4)
    if failures := [
        (name, phase["status"], phase["error"]["message"] if phase["error"] else "")
        for name, phase in phases.items()
        if phase["status"] != "completed"
    ]:
        yield table(("phase", "status", "error"), failures, caption="What did not complete", left=3)


def _report_link(report: str | None) -> Markup:
    # Relative: a page that a notebook's server has sent may not lead to a file of the disk.
    return joined([", ", element("a", "report", href=relpath(report))]) if report else joined([])


def _windows(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not result["success"]:
        return []
    found: list[dict[str, Any]] = result["results"]["phase_results"][result["result_phase"]]["extracted_results"].get(
        "windows", []
    )
    return found
