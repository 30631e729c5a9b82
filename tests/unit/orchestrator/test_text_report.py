"""What a person reads of a run: each phase as it ends, then windows and summary, or what failed."""

from typing import Any

from orchestrator.result_tables import summary_table, window_table
from orchestrator.text_report import progress_line, run_report
from orchestrator.text_table import table
from phase_worker.contract import ErrorReport, PhaseOutcome, PhaseResources, PhaseState

METRICS = {"sharpe_ratio": 1.2, "total_return": -0.034, "fills": 3}


def outcome(status: PhaseState, error: str = "", **resources: float) -> PhaseOutcome:
    report = ErrorReport("E-RAISED", error) if error else None
    used = PhaseResources(resources.get("wall_s", 0.0), 0.0, int(resources.get("peak_memory_bytes", 0)))
    return PhaseOutcome("wf-1", "train-01", 1, status, "d1", error=report, resources=used)


def phase(status: str = "completed", message: str = "", **extracted: list[dict[str, Any]]) -> dict[str, Any]:
    error = {"code": "E-RAISED", "message": message} if message else None
    return {"status": status, "error": error, "warnings": [], "extracted_results": extracted}


def result(summary: dict[str, Any], **phases: dict[str, Any]) -> dict[str, Any]:
    success = all(phase["status"] == "completed" for phase in phases.values())
    last = list(phases)[-1]
    return {"success": success, "result_phase": last, "summary": summary, "results": {"phase_results": phases}}


def window(number: int, **params: int) -> dict[str, Any]:
    return {
        "window": number,
        "test_first": "2001-01-02T00:00:00Z",
        "test_last": "2001-12-31T00:00:00Z",
        "params": params,
        "in_sample": METRICS,
        "out_of_sample": METRICS | {"sharpe_ratio": None},
    }


def test_a_phase_that_completed_says_what_it_took() -> None:
    line = progress_line(outcome(PhaseState.COMPLETED, wall_s=0.314, peak_memory_bytes=33 * 2**20))
    assert line.split() == ["train-01", "completed", "0.31", "s", "33", "MiB"]
    assert "\n" not in line


def test_a_phase_that_failed_says_why_on_a_line_of_its_own() -> None:
    first, second = progress_line(outcome(PhaseState.FAILED, "ValueError: no", wall_s=1)).splitlines()
    assert first.split()[:2] == ["train-01", "failed"]
    assert second == "  ValueError: no"


def test_a_phase_that_was_skipped_took_nothing() -> None:
    first, second = progress_line(outcome(PhaseState.SKIPPED, "not started: 'a' failed")).splitlines()
    assert first == "train-01         skipped"
    assert second == "  not started: 'a' failed"


def test_the_report_of_a_run_ends_in_its_sharpe_ratio() -> None:
    summary = {"sharpe_ratio": 0.516529607, "final_equity": 263987.791047, "max_drawdown": -0.22604421, "fills": 57}
    lines = run_report(result(summary, test=phase())).splitlines()
    assert [line.split() for line in lines] == [
        ["fills", "57"],
        ["final_equity", "263,987.79"],
        ["max_drawdown", "-22.60%"],
        ["sharpe_ratio", "0.5165"],
    ]


def test_the_report_of_a_walk_forward_shows_its_windows_first() -> None:
    windows = [window(1, fast=5, slow=20), window(2)]
    report = run_report(result({"sharpe_ratio": 1.0}, last=phase(windows=windows)))
    assert report.startswith("Sharpe ratio of each window's choice")
    assert report.splitlines()[-1].split() == ["sharpe_ratio", "1.0000"]


def test_replays_are_side_by_side_with_what_they_change() -> None:
    figures = {
        "final_equity": 1e5,
        "total_return": 0.0,
        "max_drawdown": -0.1,
        "trades": 2,
        "fills": 5,
        "commission": 7.5,
    }
    own = figures | {"sharpe_ratio": 0.5, "changes": {}}
    other = figures | {"sharpe_ratio": None, "changes": {"execution.fill": "next_close", "risk.max_weight": 0.5}}
    phases = {"replay-01": phase(portfolio_metrics=[other]), "replay": phase(portfolio_metrics=[own])}
    _, header, first, second, *_ = run_report(result(own, generate=phase(), **phases)).splitlines()
    assert header.split()[0] == "settings"
    assert first.split() == [
        *("execution.fill=next_close", "risk.max_weight=0.5"),
        *("100,000.00", "0.00%", "-10.00%", "2", "5", "7.50", "undefined"),
    ]
    assert second.split()[-8:] == ["settings", "100,000.00", "0.00%", "-10.00%", "2", "5", "7.50", "0.5000"]


def test_a_single_replay_has_nothing_beside_it() -> None:
    own: dict[str, Any] = METRICS | {"changes": {}}
    report = run_report(result(own, generate=phase(), replay=phase(portfolio_metrics=[own])))
    assert "settings" not in report


def test_a_window_shows_its_days_its_choice_and_both_ratios() -> None:
    _, header, first, second = window_table([window(1, fast=5, slow=20), window(2, fast=10, slow=200)]).splitlines()
    assert header.split()[0] == "window"
    assert first.split() == [
        *("1", "2001-01-02", "2001-12-31", "fast=5", "slow=20"),
        *("1.2000", "undefined", "-3.40%", "3"),
    ]
    assert second.split()[3:5] == ["fast=10", "slow=200"]
    assert len({len(line) for line in (header, first, second)}) == 1, "the columns are aligned"


def test_figures_that_are_undefined_or_empty_are_said_so() -> None:
    shown = dict(
        line.split(maxsplit=1)
        for line in summary_table({"params": {}, "sharpe_ratio": None, "cagr": None, "fills": 0}).splitlines()
    )
    assert shown == {"params": "none", "sharpe_ratio": "undefined", "cagr": "undefined", "fills": "0"}


def test_what_judges_the_result_stands_before_its_sharpe_ratio() -> None:
    summary = {"sharpe_ratio": 0.5, "sharpe_low": 0.1, "dsr": 0.7195, "pbo": None, "min_trl": 2633.2}
    assert [line.rsplit(maxsplit=1) for line in summary_table(summary).splitlines()] == [
        ["pbo", "undefined"],
        ["dsr", "71.95%"],
        ["min_trl (bars)", "2,634"],
        ["sharpe_ratio (2.5%)", "0.1000"],
        ["sharpe_ratio", "0.5000"],
    ]


def test_parameters_are_shown_by_name() -> None:
    assert summary_table({"params": {"fast": 5, "kind": "sma"}}).split(maxsplit=1) == ["params", "fast=5 kind=sma"]


def test_the_report_of_a_failure_names_what_failed_and_counts_the_rest() -> None:
    phases = {
        "a": phase(),
        "b": phase("failed", "ValueError: no"),
        "c": phase("timed_out", "longer than 5 s"),
        "d": phase("skipped", "not started: 'b' failed"),
    }
    assert run_report(result({}, **phases)).splitlines() == [
        "b failed: ValueError: no",
        "c timed_out: longer than 5 s",
        "1 phases completed, 2 failed, 1 skipped",
    ]


def test_what_is_suspicious_in_the_data_comes_first_also_in_a_failure() -> None:
    warned = phase() | {"warnings": ["2002-04-02: high 144.05 is +25.5%"]}
    for last in (phase(), phase("failed", "no")):
        lines = run_report(result({"sharpe_ratio": 1.0}, data=warned, last=last)).splitlines()
        assert lines[:2] == ["Suspicious in the data:", "  2002-04-02: high 144.05 is +25.5%"]


def test_a_run_without_metrics_has_an_empty_report() -> None:
    assert run_report(result({}, a=phase())) == ""


def test_a_table_is_aligned_to_the_left_then_to_the_right() -> None:
    assert table([("name", "n"), ("a", "100")], left=1) == "name    n\na     100"
    assert table([], left=1) == ""


def test_a_run_that_looks_at_rules_ends_in_a_line_for_each() -> None:
    rule = {
        "params": {"short": 1, "long": 50},
        "first": "1998-01-02T00:00:00Z",
        "last": "2011-12-30T00:00:00Z",
        "buy_days": 2029,
        "buy_mean": 0.000471,
        "sell_days": 0,
        "sell_mean": None,
        "buy_minus_sell": None,
        "buy_minus_sell_t": None,
    }
    lines = run_report(result({}, rules=phase(rule_returns=[rule]))).splitlines()
    assert lines[0] == "Mean log returns from 1998-01-02 to 2011-12-30:"
    assert lines[1].split()[:3] == ["rule", "buy", "days"]
    assert lines[2].split() == ["short=1", "long=50", "2,029", "0", "0.00047", *["undefined"] * 3]
    assert len(lines) == 3
