"""`daybreak logs` shows what the phases of a run write, also while they run."""

import re
from pathlib import Path

from phase_worker.contract import RunPaths
from tests.fakes.command_line import daybreak, start_daybreak
from tests.fakes.scripted_jobs import phase, write_job
from tests.fakes.scripted_phases import wait_until


def test_a_running_run_is_followed_until_it_ends(tmp_path: Path) -> None:
    first = phase(["print", "from the first"], ["publish"], ["touch", "up"], ["wait for", "go"])
    write_job(tmp_path, {"first": first, "second": phase(["print", "from the second"], ["publish"], after=("first",))})
    paths = RunPaths(tmp_path / "traces", "wf-1")
    with start_daybreak(tmp_path, "run", "job.yaml") as run:
        wait_until((paths.run_dir / "up").exists, "the first phase is up")
        with start_daybreak(tmp_path, "logs", "wf-1", "--follow") as follower:
            assert follower.stdout is not None
            seen = [follower.stdout.readline() for _ in range(3)]
            (paths.run_dir / "go").touch()
            seen += follower.stdout.readlines()
        assert follower.returncode == 0
        run.communicate()
    words = [re.sub(r" +[\dT:.-]+Z", "", line).split() for line in seen]
    starts = "INFO phase_worker: attempt 1 of phase {} starts"
    assert words == [
        ["data", *starts.format("data").split()],
        ["first", *starts.format("first").split()],
        ["first", "from", "the", "first"],
        ["second", *starts.format("second").split()],
        ["second", "from", "the", "second"],
    ]
    assert daybreak(tmp_path, "logs", "wf-1").stdout == "".join(seen)


def test_a_run_that_is_not_there_is_the_users_mistake(tmp_path: Path) -> None:
    finished = daybreak(tmp_path, "logs", "wf-9")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert "no run 'wf-9' in traces" in finished.stderr
