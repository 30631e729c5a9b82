"""A coordinator that has run a whole job has imported no event, trace, component or numpy."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

RUN_A_JOB = """
import json, sys
from orchestrator import Coordinator

job, traces_dir = json.loads(sys.argv[1]), sys.argv[2]
result = Coordinator(traces_dir=traces_dir).execute_workflow(job)
read = [
    dict(row)
    for phase in result["results"]["phase_results"].values()
    for rows in phase["extracted_results"].values()
    for row in rows
]
print(json.dumps({"success": result["success"], "rows": len(read), "modules": sorted(sys.modules)}))
"""


def test_a_coordinator_that_ran_a_job_has_imported_no_event_trace_component_or_numpy(tmp_path: Path) -> None:
    job = {
        "workflow": "parameter_sweep",
        "strategy": {"name": "sma_cross", "grid": {"fast": [5, 10], "slow": [20, 50]}},
        "data": {"file": str(ROOT / "jobs/examples/data/SPY.csv"), "symbol": "SPY"},
    }
    command = [sys.executable, "-c", RUN_A_JOB, json.dumps(job), str(tmp_path / "traces")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["success"], run.stderr
    assert seen["rows"] > 0
    strangers = ("phase_worker.events", "phase_worker.tracing", "topologies", "extractors", "numpy", "pandas", "polars")
    assert [name for name in seen["modules"] if name.startswith(strangers)] == []
