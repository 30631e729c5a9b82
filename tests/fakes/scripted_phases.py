"""Requests that `phase_process.py` runs instead of the kernel, and a look at what is left of them."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator.executors.cold_start import ColdStart
from phase_worker.contract.request import Limits, PhaseRequest

PHASE_PROCESS = Path(__file__).with_name("phase_process.py")
Step = list[Any]

start_scripted = ColdStart(
    lambda request: [sys.executable, "-P", str(PHASE_PROCESS), str(request.paths.request(request.phase))]
)


def scripted_request(
    traces_dir: Path, *steps: Step, phase: str = "train", time_s: float = 60.0, attempt: int = 1
) -> PhaseRequest:
    return PhaseRequest(
        workflow_id="wf.1",
        phase=phase,
        topology="scripted",
        config={"steps": list(steps)},
        traces_dir=traces_dir,
        limits=Limits(memory_bytes=256 * 2**20, time_s=time_s),
        attempt=attempt,
    )


def recorded_pids(run_dir: Path) -> list[int]:
    """The pids that the phases of a run wrote down."""
    file = run_dir / "left.pids"
    return [int(line) for line in file.read_text().splitlines()] if file.exists() else []


def survivors(run_dir: Path) -> list[int]:
    """What there still is (zombies too) of the recorded processes, and all that name the run in their environment."""
    mark = f"DAYBREAK_RUN={run_dir.resolve()}".encode()
    marked = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if mark in _environ(folder).split(b"\0")]
    return sorted({*marked, *(pid for pid in recorded_pids(run_dir) if Path(f"/proc/{pid}").exists())})


def is_alive(pid: int) -> bool:
    """Whether `pid` is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 20.0) -> None:
    give_up_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < give_up_s, f"waited {timeout_s} s in vain until {what}"
        time.sleep(0.01)


def _environ(folder: Path) -> bytes:
    try:
        return (folder / "environ").read_bytes()
    except OSError:
        return b""
