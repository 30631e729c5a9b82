"""Requests for real phases, and phases run from them: within this process or as a process of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from phase_worker.contract.outcome import PhaseOutcome, read_outcome
from phase_worker.contract.request import InputTrace, Limits, PhaseRequest, Plugin, plugin_digest
from phase_worker.runner import PhaseResult, prepare, run_phase
from tests.fakes.market import FAKES, sha256_of, trading_config

ROOT = Path(__file__).parents[2]
TOPOLOGIES = FAKES / "misbehaving_topologies.py"
LIMITS = Limits(memory_bytes=1 << 30, time_s=60.0)


def request_for(folder: Path, topology: str = "announce", phase: str = "speak", **changes: Any) -> PhaseRequest:
    request = PhaseRequest(
        workflow_id="wf-1",
        phase=phase,
        topology=topology,
        config={"words": ["north", "south"], "trace": {"level": "full", "bars": False}},
        traces_dir=folder,
        limits=LIMITS,
        plugins=(Plugin(TOPOLOGIES, plugin_digest(TOPOLOGIES)),),
    )
    return replace(request, **changes)


def with_words(request: PhaseRequest, *words: str) -> PhaseRequest:
    return replace(request, config=request.config | {"words": list(words)})


def reading(folder: Path, first: PhaseRequest) -> PhaseRequest:
    """The request of a phase that reads the trace of `first`."""
    source = InputTrace(first.paths.trace(first.phase), first.digest)
    return request_for(folder, phase="read", inputs={first.phase: source})


def run(request: PhaseRequest) -> PhaseResult:
    request.paths.run_dir.mkdir(parents=True, exist_ok=True)
    return run_phase(request, prepare(request))


def trace_bytes(request: PhaseRequest) -> bytes:
    return request.paths.trace(request.phase).read_bytes()


@dataclass(frozen=True)
class Ended:
    """How a phase process ended: its exit code, its outcome and its log."""

    code: int
    outcome: PhaseOutcome
    log: str

    @property
    def message(self) -> str:
        assert self.outcome.error is not None
        return self.outcome.error.message


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m phase_worker`, as the local executor starts it."""
    command = [sys.executable, "-P", "-m", "phase_worker", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def run_process(request: PhaseRequest) -> Ended:
    request.paths.run_dir.mkdir(parents=True, exist_ok=True)
    file = request.paths.request(request.phase)
    file.write_bytes(request.to_json())
    process = start(str(file))
    outcome = read_outcome(request.paths.outcome(request.phase))
    assert outcome is not None, process.stderr
    return Ended(process.returncode, outcome, process.stderr)


def market_requests(folder: Path, data: Path) -> tuple[PhaseRequest, PhaseRequest]:
    """The data phase and a backtest of the same data."""
    traded = trading_config(data, {"name": "sma_cross", "params": {"fast": 2, "slow": 5}})
    about = {"bars": traded["bars"], "trace": traded["trace"]}
    common: dict[str, Any] = {"plugins": (), "sources": {sha256_of(data): data}}
    return (
        request_for(folder, "market_data", "data", config=about, extractors=("data", "data_warnings"), **common),
        request_for(folder, "backtest", "backtest", config=traded, extractors=("portfolio_metrics", "fills"), **common),
    )
