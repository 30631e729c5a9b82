"""A sweep in several processes publishes what it publishes in one, and ends when one of them is lost."""

import re
from pathlib import Path
from typing import Any

import pytest

from phase_worker.contract.exit_code import ExitCode
from phase_worker.contract.request import Limits, PhaseRequest, Plugin, plugin_digest
from tests.fakes.market import FAKES, random_walk, sha256_of, trading_config, write_csv
from tests.fakes.real_phases import request_for, run_process, trace_bytes

LOUD = FAKES / "loud_strategies.py"


def sweep(folder: Path, workers: int, trials: list[dict[str, Any]], name: str = "loud") -> PhaseRequest:
    """The request of a sweep in its own directory."""
    home = folder / str(workers)
    home.mkdir(exist_ok=True)
    data = write_csv(folder, random_walk(3, 80))
    return request_for(
        home,
        "parameter_sweep",
        "sweep",
        config=trading_config(data, {"name": name, "trials": trials}),
        limits=Limits(1 << 30, 60.0, workers),
        plugins=(Plugin(LOUD, plugin_digest(LOUD)),),
        sources={sha256_of(data): data},
    )


def loud(seed: int, lines: int = 1, end: str = "well", width: int = 0) -> dict[str, Any]:
    return {"seed": seed, "lines": lines, "width": width, "end": end}


@pytest.mark.parametrize("name", ["loud", "sma_cross"])
def test_the_trace_is_the_same_by_any_number_of_workers(tmp_path: Path, name: str) -> None:
    trials = [loud(n) if name == "loud" else {"fast": n + 1, "slow": n + 9} for n in range(7)]
    requests = [sweep(tmp_path, workers, trials, name) for workers in (1, 2, 3, 50)]
    ended = [run_process(request) for request in requests]
    assert [end.code for end in ended] == [0] * 4
    assert len({request.digest for request in requests}) == 1
    assert len({trace_bytes(request) for request in requests}) == 1
    assert trace_bytes(requests[0]).count(b"PORTFOLIO_METRICS") == 7


def test_what_workers_log_is_all_in_the_phases_log_line_by_line(tmp_path: Path) -> None:
    """The lines are longer than what goes into a pipe in one piece: written by all workers, they would be mixed up."""
    log = run_process(sweep(tmp_path, 4, [loud(n, lines=50, width=20_000) for n in range(8)])).log
    records = re.findall(r"^\S+Z INFO \S+: trial (\d) line (\d+) of process (\d+)[.]{20000}$", log, re.MULTILINE)
    assert len(records) == len(log.splitlines()) - 1 == 8 * 50
    assert [int(line) for trial, line, _ in records if trial == "5"] == list(range(50))
    assert len({pid for *_, pid in records}) == 4


@pytest.mark.parametrize("place", [0, 3, 7])
def test_an_error_in_a_worker_is_the_one_that_a_single_process_has(tmp_path: Path, place: int) -> None:
    trials = [loud(n, end="raise" if n >= place else "well") for n in range(8)]
    alone, shared = run_process(sweep(tmp_path, 1, trials)), run_process(sweep(tmp_path, 3, trials))
    assert alone.message.startswith(f"ValueError: trial {place} is no good.")
    assert shared.message.split(". ")[0] == alone.message.split(". ")[0]
    assert shared.code == alone.code == ExitCode.FAILED


def test_a_worker_that_is_killed_fails_the_phase_with_a_clear_message(tmp_path: Path) -> None:
    ended = run_process(sweep(tmp_path, 3, [loud(n, end="die" if n == 4 else "well") for n in range(9)]))
    assert ended.code == ExitCode.FAILED
    assert ended.outcome.error is not None
    assert ended.outcome.error.code == "E-SIGNAL"
    assert "the worker of trials 3 to 5 was killed by signal 9. The machine may be out of memory" in ended.message
    assert "Traceback" not in ended.log


@pytest.mark.parametrize(
    "trials",
    [
        pytest.param([loud(0, end="raise late"), loud(1, end="die with the lock")], id="others come to their end"),
        pytest.param([loud(0, 3000), loud(1, 3000, end="die"), loud(2, 3000)], id="others log"),
        pytest.param([loud(0, end="die with the lock"), loud(1, 3000)], id="it is the first"),
    ],
)
def test_a_worker_that_is_killed_while_it_logs_does_not_hang_the_phase(
    tmp_path: Path, trials: list[dict[str, Any]]
) -> None:
    """What it held locked, the others wait for: the phase does not wait for the others."""
    assert "was killed by signal 9" in run_process(sweep(tmp_path, len(trials), trials)).message
