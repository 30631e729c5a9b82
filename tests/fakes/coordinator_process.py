"""A coordinator process to be killed: `python coordinator_process.py TRACES_DIR` starts one phase and waits for it."""

import sys
from pathlib import Path

from orchestrator.executors.local import LocalExecutor
from tests.fakes.scripted_phases import scripted_request, start_scripted

if __name__ == "__main__":
    steps = [["leave", kind] for kind in ("child", "session", "daemon")]
    executor = LocalExecutor(start_process=start_scripted)
    executor.start(scripted_request(Path(sys.argv[1]), *steps, ["record"], ["sleep"]))
    executor.next_outcome()
