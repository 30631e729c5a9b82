"""What a claim costs does not depend on how many jobs wait: counted in system calls, which no clock disturbs."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.queue.record import JobState
from tests.chaos import seccomp
from tests.chaos.campaign import Workers, workers
from tests.chaos.processes import Command
from tests.chaos.sandbox import ROOT
from tests.chaos.supervisor import run_watched
from tests.fakes.queued_jobs import new_queue, new_record

pytestmark = pytest.mark.skipif(bool(seccomp.unsupported()), reason=seccomp.unsupported())

PROGRAM = """
from pathlib import Path
from orchestrator.queue.clock import SystemClock
from orchestrator.queue.directory import QueueDirectory, Seat
from orchestrator.queue.record import JobState, read_record
from orchestrator.queue.waiting import WaitingJobs
queue = QueueDirectory(Path("queue"))
waiting, seat = WaitingJobs(queue, SystemClock()), Seat(queue, "seat")
waiting.refresh(surely=True)
Path("queue/tmp/mark").touch()
for _ in range(3):
    path = queue.folders.state(JobState.NEW) / waiting.pop().name
    record = read_record(path)
    seat.put(seat.claim(path), JobState.DONE, record)
"""


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    with workers(tmp_path_factory.mktemp("crew"), 1) as made:
        yield made


def calls_of_three_claims(crew: Workers, folder: Path, waiting: int) -> list[str]:
    """The names of the calls, from reading the record to the job's being done."""
    folder.mkdir()
    queue = new_queue(folder)
    for number in range(waiting):
        record = new_record(f"wf-{number:04}", submitted_s=float(number))
        queue.folders.record(JobState.NEW, record.workflow_id).write_bytes(record.to_json())
    command = Command([sys.executable, "-c", PROGRAM], {"PYTHONPATH": str(ROOT)}, folder, folder / "queue")
    ended = crew.call(_run, command)
    mark = next(number for number, call in enumerate(ended) if call.endswith("tmp/mark"))
    return [call.split()[1] for call in ended[mark:]]


def _run(command: Command) -> list[str]:
    ended = run_watched(command, reads=True)
    assert ended.exit_code == 0, ended.stderr
    return [str(call) for call in ended.calls]


def test_a_claim_makes_as_many_calls_with_1000_jobs_waiting_as_with_5(crew: Workers, tmp_path: Path) -> None:
    few = calls_of_three_claims(crew, tmp_path / "few", 5)
    many = calls_of_three_claims(crew, tmp_path / "many", 1000)
    assert few == many
    assert few.count("renameat2") == 6
