"""A job that replays signals computes its strategy once, and fills what direct backtests fill."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.command_line import phases_of, run_json
from tests.fakes.scripted_jobs import write_bars

COUNTED = '''"""A strategy that leaves a mark each time it is computed."""

from pathlib import Path

import numpy as np

from phase_worker.discovery import strategy


@strategy(name="counted")
def counted(bars):
    with Path("{marks}").open("a") as file:
        file.write("computed\\n")
    return np.where(bars.close > bars.feature("sma", window=20), 1.0, 0.0)
'''
REPLAYS: list[dict[str, Any]] = [{"execution": {"fill": "next_close"}}, {"risk": {"max_weight": 0.5}}]
CHANGES = {"replay-01": {"execution.fill": "next_close"}, "replay-02": {"risk.max_weight": 0.5}, "replay": {}}


def run(folder: Path, name: str, **changes: Any) -> dict[str, Any]:
    job = {"data_file": "SPY.csv", "strategy": "counted", "plugins": ["counted.py"], "report": False} | changes
    (folder / f"{name}.yaml").write_text(json.dumps(job | {"workflow_id": name, "statistics": False}))
    return phases_of(run_json(folder, f"{name}.yaml"))


def test_signals_are_computed_once_and_filled_as_in_direct_backtests(tmp_path: Path) -> None:
    write_bars(tmp_path, 300)
    marks = tmp_path / "marks"
    (tmp_path / "counted.py").write_text(COUNTED.replace("{marks}", str(marks)))

    replays = run(tmp_path, "replays", workflow="signal_generate_and_replay", replays=REPLAYS)

    assert marks.read_text().splitlines() == ["computed"]
    for phase, settings in zip(("replay-01", "replay-02", "replay"), [*REPLAYS, {}], strict=True):
        direct = run(tmp_path, f"direct-{phase}", workflow="backtest", **settings)["backtest"]["extracted_results"]
        found = replays[phase]["extracted_results"]
        assert len(found["fills"]) > 10
        assert found["fills"] == direct["fills"]
        (metrics,), (direct_metrics,) = found["portfolio_metrics"], direct["portfolio_metrics"]
        assert metrics == direct_metrics | {"changes": CHANGES[phase]}
