"""`daybreak compare --html`: a page of several runs, made by a phase that reads their sealed traces."""

import os
from pathlib import Path

import pytest

from phase_worker.contract import RunPaths, verify_trace
from tests.fakes.browser import Browser
from tests.fakes.command_line import daybreak
from tests.fakes.scripted_jobs import write_matrix


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the runs wf-1 to wf-4, and the page c.html of the first three."""
    folder = tmp_path_factory.mktemp("compared")
    assert daybreak(folder, "run", write_matrix(folder)).returncode == 0
    finished = daybreak(folder, "compare", "wf-1", "wf-2", "wf-3", "--html", "c.html")
    assert finished.returncode == 0, finished.stderr
    return folder


def comparison_of(folder: Path) -> RunPaths:
    [run_dir] = [path for path in (folder / "traces").iterdir() if path.name.startswith("compare-") and path.is_dir()]
    return RunPaths(folder / "traces", run_dir.name)


def test_the_page_has_the_table_the_cautions_and_a_curve_of_each_run(folder: Path) -> None:
    page = (folder / "c.html").read_text()
    assert "<h1>Comparison of 3 runs</h1>" in page
    assert "Caution: different data: SPY, 300 bars" in page
    assert page.count("<svg") >= 2
    for name in ("wf-1", "wf-2", "wf-3"):
        assert f"{name} ends at " in page
    assert "http-equiv" in page
    assert "src=" not in page.split("<script")[0]


def test_what_is_on_the_page_is_in_a_sealed_trace_that_names_its_inputs(folder: Path) -> None:
    paths = comparison_of(folder)
    assert verify_trace(paths.trace("comparison")).status == "completed"
    assert b'"runs":["wf-1","wf-2","wf-3"]' in paths.trace("comparison").read_bytes()
    assert "compare-" not in daybreak(folder, "status").stdout


def test_the_same_comparison_again_starts_nothing_unless_its_page_is_gone(folder: Path) -> None:
    paths = comparison_of(folder)
    before = paths.report.stat().st_mtime_ns
    for gone in (False, True):
        if gone:
            paths.report.unlink()
        assert daybreak(folder, "compare", "wf-1", "wf-2", "wf-3", "--html", "again.html").returncode == 0
        assert (paths.report.stat().st_mtime_ns > before) is gone
        assert (folder / "again.html").read_bytes() == (folder / "c.html").read_bytes()


def test_a_trace_that_has_changed_is_not_drawn(folder: Path) -> None:
    trace = RunPaths(folder / "traces", "wf-4").trace("backtest")
    trace.write_bytes(trace.read_bytes().replace(b"EQUITY_CURVE", b"EQUITY_CURSE"))
    refused = daybreak(folder, "compare", "wf-1", "wf-4", "--html", "bad.html")
    assert refused.returncode != 0
    assert "wf-4_backtest.jsonl" in refused.stderr
    assert not os.path.lexists(folder / "bad.html")


def test_a_browser_draws_the_charts_and_complains_of_nothing(folder: Path, tmp_path: Path) -> None:
    opened = Browser(tmp_path).open(folder / "c.html")
    assert opened.console == []
    assert opened.document.count('data-drawn="yes"') == 2
