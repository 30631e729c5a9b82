"""What a phase of Daybreak's own components needs is loaded once, by its fork server."""

import os
import subprocess
import sys
from pathlib import Path

from tests.fakes.real_phases import ROOT, market_requests
from tests.fakes.scripted_jobs import write_bars

_PROGRAM = """\
import sys
from pathlib import Path
from phase_worker.fork_server import _preload
from phase_worker.contract.request import PhaseRequest
from phase_worker.runner import prepare, run_phase
_preload()
loaded = set(sys.modules)
for file in sys.argv[1:]:
    request = PhaseRequest.from_json(Path(file).read_bytes(), file)
    run_phase(request, prepare(request))
print(*sorted(set(sys.modules) - loaded))
"""


def test_a_phase_imports_nothing_that_its_server_has_not_loaded(tmp_path: Path) -> None:
    planned = market_requests(tmp_path, write_bars(tmp_path, 300))
    files = []
    for request in planned:
        request.paths.run_dir.mkdir(parents=True, exist_ok=True)
        file = request.paths.request(request.phase)
        file.write_bytes(request.to_json())
        files.append(str(file))
    finished = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM, *files],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == []
