"""The workflow portfolio reads each leg's market data once, and trades all legs in one phase."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.plan import Phase
from orchestrator.workflows.portfolio import portfolio
from tests.fakes.planned_runs import facts, new_job


def phases(folder: Path, **legs: Any) -> dict[str, Phase]:
    (folder / "TLT.csv").touch()
    job = new_job(folder, "portfolio", portfolio={"legs": legs, "rebalance": "monthly"})
    digests = {path: path.stem.lower() for data in job.all_data for path in data.paths}
    return {phase.name: phase for phase in portfolio(job, replace(facts(1000), digests=digests))}


def test_legs_on_the_jobs_own_data_need_no_other_phase(tmp_path: Path) -> None:
    planned = phases(tmp_path, trend={"weight": 0.6}, rest={"strategy": "buy_and_hold", "weight": 0.4})
    assert list(planned) == ["portfolio"]
    config = planned["portfolio"].config
    assert [(leg["name"], leg["strategy"]["name"], leg["weight"]) for leg in config["legs"]] == [
        ("trend", "sma_cross", 0.6),
        ("rest", "buy_and_hold", 0.4),
    ]
    assert config["rebalance"] == "monthly"


def test_each_other_market_data_is_read_in_a_phase_of_its_own_once(tmp_path: Path) -> None:
    other = str(tmp_path / "TLT.csv")
    planned = phases(
        tmp_path, stocks={}, bonds={"data": other}, more={"data": other}, daily={"data": {"resample": "1d"}}
    )
    assert {name: phase.depends_on for name, phase in planned.items()} == {
        "data-bonds": (),
        "data-daily": (),
        "portfolio": ("data-bonds", "data-daily"),
    }
    assert planned["data-bonds"].config["bars"]["symbol"] == "TLT"
    assert [leg["bars"]["sha256"] for leg in planned["portfolio"].config["legs"]] == ["spy", "tlt", "tlt", "spy"]
