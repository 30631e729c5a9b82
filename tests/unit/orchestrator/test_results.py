"""The result document is small: what was extracted is read from disk when it is asked for."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orchestrator.results import ExtractedResults, run_result, to_json
from phase_worker.contract import ErrorReport, PhaseOutcome, PhaseRequest, PhaseState
from tests.fakes.finished_phases import Results, finish
from tests.fakes.planned_runs import chain_of, requests

ROOT = Path(__file__).parents[3]
FILLS = [{"price": 1.5}, {"price": 2.5}]
TRAIN: Results = {"portfolio_metrics": [{"sharpe_ratio": 0.1}, {"sharpe_ratio": 0.2}], "fills": []}
TEST: Results = {"portfolio_metrics": [{"sharpe_ratio": 0.5}], "fills": FILLS}


@pytest.fixture
def planned(tmp_path: Path) -> dict[str, PhaseRequest]:
    return requests(tmp_path, *chain_of("train test:train"))


def result_of(planned: dict[str, PhaseRequest], *outcomes: PhaseOutcome) -> dict[str, Any]:
    paths = next(iter(planned.values())).paths
    return run_result(paths, "train_test", {outcome.phase: outcome for outcome in outcomes})


def failed(request: PhaseRequest, status: PhaseState = PhaseState.FAILED) -> PhaseOutcome:
    error = ErrorReport("E-RAISED", "ValueError: no")
    return PhaseOutcome("wf-1", request.phase, 1, status, request.digest, exit_code=70, error=error)


def test_extracted_results_are_lists_of_dicts_by_category(planned: dict[str, PhaseRequest]) -> None:
    outcome = finish(planned["test"], TEST)
    found = result_of(planned, outcome)["results"]["phase_results"]["test"]["extracted_results"]
    assert found["fills"] == FILLS
    assert found["portfolio_metrics"][-1]["sharpe_ratio"] == 0.5
    assert list(found) == ["portfolio_metrics", "fills"]
    assert len(found) == 2
    assert dict(found) == TEST


def test_a_category_is_read_from_disk_each_time_it_is_asked_for(planned: dict[str, PhaseRequest]) -> None:
    found = result_of(planned, finish(planned["test"], TEST))["results"]["phase_results"]["test"]["extracted_results"]
    file = planned["test"].paths.extracted("test")
    file.write_bytes(file.read_bytes().replace(b"1.5", b"9.5"))
    assert found["fills"][0] == {"price": 9.5}


def test_only_the_line_of_the_category_is_parsed(planned: dict[str, PhaseRequest]) -> None:
    found = result_of(planned, finish(planned["test"], TEST))["results"]["phase_results"]["test"]["extracted_results"]
    file = planned["test"].paths.extracted("test")
    file.write_bytes(b'{"category":"portfolio_metrics", this is no JSON\n' + file.read_bytes().splitlines()[1])
    assert found["fills"] == FILLS


def test_a_category_in_which_nothing_was_found_is_an_empty_list(planned: dict[str, PhaseRequest]) -> None:
    found = result_of(planned, finish(planned["train"], TRAIN))["results"]["phase_results"]["train"]
    assert found["extracted_results"]["fills"] == []
    assert "fills" in found["extracted_results"]
    assert dict(found["extracted_results"])["fills"] == []


def test_an_unknown_category_is_a_key_error_and_get_has_its_default(planned: dict[str, PhaseRequest]) -> None:
    found = result_of(planned, finish(planned["train"], TRAIN))["results"]["phase_results"]["train"]
    with pytest.raises(KeyError, match="orders"):
        found["extracted_results"]["orders"]
    assert found["extracted_results"].get("orders", "none") == "none"


def test_a_file_that_lacks_a_category_it_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.extracted.jsonl").write_bytes(b'{"category":"orders","results":[]}\n')
    with pytest.raises(KeyError, match=r"fills: .*train\.extracted\.jsonl has changed"):
        ExtractedResults(tmp_path / "train.extracted.jsonl", {"fills": 2})["fills"]


def test_the_document_says_of_each_phase_how_it_ended_and_what_it_used(planned: dict[str, PhaseRequest]) -> None:
    train, test = finish(planned["train"], TRAIN), finish(planned["test"], TEST)
    result = result_of(planned, train, test)
    assert (result["workflow_id"], result["workflow"], result["success"]) == ("wf-1", "train_test", True)
    assert list(result["results"]["phase_results"]) == ["train", "test"]
    phase = result["results"]["phase_results"]["test"]
    assert phase["status"] == "completed"
    assert phase["trace"] == str(planned["test"].paths.trace("test"))
    assert (phase["digest"], phase["request_digest"]) == (test.digest, planned["test"].digest)
    assert phase["resources"] == {"wall_s": 1.5, "cpu_s": 1.25, "peak_memory_bytes": 32 * 2**20}
    assert (phase["exit_code"], phase["error"]) == (0, None)


def test_the_summary_is_that_of_the_last_phase(planned: dict[str, PhaseRequest]) -> None:
    result = result_of(planned, finish(planned["train"], TRAIN), finish(planned["test"], TEST))
    assert result["summary"] == {"sharpe_ratio": 0.5}


def test_the_summary_has_what_each_window_chose(planned: dict[str, PhaseRequest]) -> None:
    windows = [{"window": 1, "params": {"fast": 5}}, {"window": 2, "params": {"fast": 10}}]
    result = result_of(planned, finish(planned["test"], {**TEST, "windows": windows}))
    assert result["summary"] == {"sharpe_ratio": 0.5, "chosen_parameters": [{"fast": 5}, {"fast": 10}]}


FIGURES = {"pbo": None, "psr": 0.98, "dsr": 0.7, "min_trl": 900.5, "lo_sharpe_ratio": 0.4} | {
    "sharpe_low": 0.1,
    "sharpe_high": 0.9,
}


def test_the_summary_has_the_figures_that_judge_it(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("test statistics:test"))
    judged = finish(planned["statistics"], {"statistics": [FIGURES | {"kurtosis": 3.0}]})
    result = result_of(planned, finish(planned["test"], TEST), judged)
    assert result["result_phase"] == "test"
    assert result["summary"] == {"sharpe_ratio": 0.5} | FIGURES


def test_what_has_no_metrics_is_not_judged_in_the_summary(tmp_path: Path) -> None:
    planned = requests(tmp_path, *chain_of("test statistics:test"))
    judged = finish(planned["statistics"], {"statistics": [FIGURES]})
    assert result_of(planned, finish(planned["test"]), judged)["summary"] == {}


def test_the_summary_of_phases_without_metrics_is_empty(planned: dict[str, PhaseRequest]) -> None:
    assert result_of(planned, finish(planned["test"]))["summary"] == {}


@pytest.mark.parametrize("status", [PhaseState.FAILED, PhaseState.TIMED_OUT, PhaseState.SKIPPED])
def test_a_run_with_a_phase_that_did_not_complete_is_no_success(
    planned: dict[str, PhaseRequest], status: PhaseState
) -> None:
    result = result_of(planned, finish(planned["train"], TRAIN), failed(planned["test"], status))
    assert (result["success"], result["summary"]) == (False, {})
    phases = result["results"]["phase_results"]
    assert (phases["train"]["status"], phases["test"]["status"]) == ("completed", status)
    assert phases["train"]["extracted_results"]["portfolio_metrics"]
    assert phases["test"]["error"] == {"code": "E-RAISED", "message": "ValueError: no"}
    assert dict(phases["test"]["extracted_results"]) == {}


def test_a_run_without_phases_is_no_success(planned: dict[str, PhaseRequest]) -> None:
    assert result_of(planned)["success"] is False


def test_the_whole_is_one_json_document(planned: dict[str, PhaseRequest]) -> None:
    result = result_of(planned, finish(planned["train"], TRAIN), failed(planned["test"]))
    document = json.loads(to_json(result))
    assert document == json.loads(json.dumps(result, default=dict))
    train = document["results"]["phase_results"]["train"]
    assert train["extracted_results"] == TRAIN


def test_a_result_is_a_dict_with_a_short_name(planned: dict[str, PhaseRequest]) -> None:
    result = result_of(planned, finish(planned["train"], TRAIN), finish(planned["test"], TEST))
    assert isinstance(result, dict)
    assert repr(result) == "RunResult(wf-1: success, 2 phases)"
    assert json.loads(json.dumps(result, default=dict)) == json.loads(to_json(result))


def shown(result: object) -> str:
    """What a notebook shows, by its own formatter."""
    formatters = pytest.importorskip("IPython.core.formatters")
    formats, _ = formatters.DisplayFormatter().format(result)
    assert formats["text/plain"] == repr(result)
    html: str = formats["text/html"]
    return html


def test_a_notebook_shows_the_figures_and_the_windows(planned: dict[str, PhaseRequest]) -> None:
    figures = {"sharpe_ratio": 0.5, "total_return": 0.25, "fills": 3}
    window = {"window": 1, "test_first": "2020-01-01T00:00:00Z", "test_last": "2020-02-01T00:00:00Z"}
    windows = [window | {"params": {"fast": 5}, "in_sample": figures, "out_of_sample": figures}]
    html = shown(result_of(planned, finish(planned["test"], {"portfolio_metrics": [figures], "windows": windows})))
    assert '<td class="num">25.00%</td>' in html
    for text in ("wf-1", "succeeded", "2020-01-01", "fast=5", "0.5000"):
        assert text in html


def test_a_notebook_shows_what_failed_and_nothing_of_it_is_markup(planned: dict[str, PhaseRequest]) -> None:
    error = ErrorReport("E-RAISED", "ValueError: <script>alert(1)</script>")
    lost = PhaseOutcome("wf-1", "test", 1, PhaseState.FAILED, planned["test"].digest, error=error)
    html = shown(result_of(planned, finish(planned["train"], TRAIN), lost))
    assert "failed" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html


def test_a_notebook_links_to_the_report_from_where_it_is(
    planned: dict[str, PhaseRequest], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = result_of(planned, finish(planned["test"], TEST))
    result["report"] = str(tmp_path / "traces" / "wf-1" / "report.html")
    assert '<a href="traces/wf-1/report.html">report</a>' in shown(result)
    assert "href" not in shown(result_of(planned, finish(planned["test"], TEST)))


def test_what_shows_a_result_is_imported_when_it_is_shown() -> None:
    script = "import sys, orchestrator.results; print('orchestrator.notebook_view' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
