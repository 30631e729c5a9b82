"""The workflow custom runs the phases that the job lists."""

from pathlib import Path
from typing import Any

from orchestrator.plan import Phase
from orchestrator.workflows.custom import custom
from tests.fakes.planned_runs import bounds, facts, new_job

LISTED = {
    "sweep": {"topology": "parameter_sweep", "config": {"strategy": {"name": "sma_cross", "trials": [{"fast": 5}]}}},
    "pick": {"topology": "selection", "depends_on": ["sweep"], "config": {"objective": "cagr"}},
}


def phases(folder: Path, listed: dict[str, Any]) -> list[Phase]:
    return custom(new_job(folder, "custom", phases=listed), facts(500))


def test_phases_are_those_of_the_job_with_their_own_settings_over_the_jobs(tmp_path: Path) -> None:
    sweep, pick = phases(tmp_path, LISTED)
    assert (sweep.name, sweep.topology, sweep.depends_on) == ("sweep", "parameter_sweep", ())
    assert (pick.name, pick.topology, pick.depends_on) == ("pick", "selection", ("sweep",))
    assert bounds(sweep) == (0, 500)
    assert sweep.config["strategy"]["trials"] == [{"fast": 5}]
    assert sweep.config["execution"]["cash"] == 100_000.0
    assert (sweep.config["objective"], pick.config["objective"]) == ("sharpe_ratio", "cagr")


def test_without_settings_of_its_own_a_phase_has_the_jobs(tmp_path: Path) -> None:
    (phase,) = phases(tmp_path, {"trade": {"topology": "backtest"}})
    assert phase.config["strategy"]["params"] == {"fast": 10, "slow": 30}
