"""What a job says of a portfolio is completed from its own data and strategy; mistakes have their places."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.job import parse_job
from orchestrator.job_file.portfolio import LegChoice
from tests.fakes.job_folder import JobFolder, changed
from tests.fakes.planned_runs import new_job


def legs_of(folder: Path, legs: dict[str, Any], **changes: Any) -> tuple[LegChoice, ...]:
    (folder / "TLT.csv").touch()
    job = new_job(folder, "portfolio", portfolio={"legs": legs}, **changes)
    assert job.portfolio is not None
    return job.portfolio.legs


@pytest.mark.parametrize(
    ("portfolio", "message"),
    [
        ("{legs: {a: {weight: 2}}}", "portfolio.legs.a.weight: expected a number from "),
        ("{legs: {a: {weight: 0.7}, b: {weight: 0.4}}}", "portfolio.legs: the weights add up to 1.1, and nothing is"),
        ("{rebalance: daily}", "portfolio.rebalance: unknown value 'daily'. Known: monthly, none, quarterly, weekly."),
        ("{legs: {a: {data: TLT.csv}}}", "portfolio.legs.a.data.file: "),
        ("{legs: {a: {data: {symbl: TLT}}}}", "portfolio.legs.a.data.symbl: unknown key 'symbl'."),
        ("{legs: {a: {data: {prices: split}}}}", "portfolio.legs.a.data.prices: prices: split needs data.factors"),
        ("{legs: {a: {strategy: cross_fak}}}", "Did you mean 'cross_fake'?"),
        ("{legs: {a: {strategy: {name: cross_fake, params: {fst: 1}}}}}", "unknown parameter 'fst'."),
        ("{legs: {a: {strategy: {params: {fast: 1}}}}}", "parameters of which strategy? Expected name beside them"),
        ("{legs: {A_b: {}}}", "portfolio.legs.A_b: "),
    ],
)
def test_mistakes_are_told_with_their_place(jobs: JobFolder, portfolio: str, message: str) -> None:
    found = jobs.problems(changed(portfolio=portfolio))
    assert any(message in problem for problem in found), found
    assert all(problem.startswith("job.yaml:5:") for problem in found)


def test_a_leg_has_what_the_job_has_but_for_what_it_says_itself(tmp_path: Path) -> None:
    plain, other, same = legs_of(
        tmp_path,
        {
            "plain": {},
            "other": {"data": str(tmp_path / "TLT.csv"), "strategy": {"name": "momentum", "params": {"lookback": 7}}},
            "same": {"data": {"prices": "total_return"}, "strategy": "buy_and_hold"},
        },
        data={"file": str(tmp_path / "SPY.csv"), "symbol": "S&P", "timezone": "UTC"},
    )
    assert (plain.data.symbol, plain.strategy) == ("S&P", "sma_cross")
    assert (other.data.symbol, other.data.timezone, other.strategy) == ("TLT", "UTC", "momentum")
    assert other.params["lookback"] == 7
    assert (same.data.symbol, same.data.prices, same.strategy) == ("S&P", "total_return", "buy_and_hold")


def test_the_data_of_a_leg_lies_where_data_may_lie(jobs: JobFolder, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "TLT.csv"
    elsewhere.touch()
    found = jobs.problems(changed(portfolio=f"{{legs: {{a: {{data: {elsewhere}}}}}}}"), allowed_roots=[jobs.path])
    assert "error E-PATH: portfolio.legs.a.data.file: " in found[0]


def test_legs_without_a_weight_have_equal_ones(tmp_path: Path) -> None:
    assert [leg.weight for leg in legs_of(tmp_path, {"a": {}, "b": {}, "c": {}, "d": {}})] == [0.25] * 4


def test_the_job_is_read_again_from_what_it_is_resolved_to(tmp_path: Path) -> None:
    legs = {"a": {"weight": 0.5, "strategy": "buy_and_hold"}, "b": {"data": {"resample": "1d"}}}
    job = new_job(tmp_path, "portfolio", portfolio={"legs": legs, "rebalance": "weekly"})
    assert parse_job(job.resolved()) == job


def test_the_workflow_of_that_name_needs_legs_and_others_have_nothing_of_it(jobs: JobFolder, tmp_path: Path) -> None:
    assert "portfolio.legs: expected one or more legs" in jobs.problems(changed(workflow="portfolio"))[0]
    assert "portfolio" not in new_job(tmp_path, "walk_forward").resolved()
