"""Jobs in a queue directory come to their end, whatever happens on the way, and each is in exactly one place."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.command_line import Finished, daybreak, start_daybreak
from tests.fakes.scripted_jobs import PLUGIN, phase, write_job
from tests.fakes.scripted_phases import Step, is_alive, recorded_pids, wait_until
from tests.fakes.small_disk import fill_disk, small_disk

QUEUE = ("--queue", "jobs")
DRAIN = ("--slots", 2, "--grace", 1, "--min-free", "1MiB", *QUEUE)


@dataclass(frozen=True)
class Desk:
    """A directory with a queue in `jobs/` and traces in `traces/`."""

    folder: Path

    def write(self, workflow_id: str, *steps: Step, **changes: Any) -> Path:
        """A job file with one phase; its plugin is a copy, since only what is here may be used."""
        (self.folder / "plugin.py").write_bytes(PLUGIN.read_bytes())
        job = write_job(self.folder, {"only": phase(*steps)}, workflow_id=workflow_id, plugins=["plugin.py"])
        job.write_text(json.dumps(json.loads(job.read_text()) | changes, indent=1))
        return job.rename(self.folder / f"{workflow_id}.yaml")

    def submit(self, workflow_id: str, *steps: Step, options: Sequence[object] = (), **changes: Any) -> Finished:
        return self.run("submit", self.write(workflow_id, *steps, **changes), *options, *QUEUE)

    def run(self, *arguments: object) -> Finished:
        return daybreak(self.folder, *arguments)

    def drain(self, *options: object) -> Finished:
        return self.run("drain", *DRAIN, *options)

    def start(self, command: str, *options: object) -> "subprocess.Popen[str]":
        return start_daybreak(self.folder, command, *DRAIN, *options)

    def jobs(self) -> dict[str, dict[str, Any]]:
        """All that is in the queue, by workflow_id or name; nothing twice."""
        listed = json.loads(self.run("queue", "list", "--all", "--json", *QUEUE).stdout)
        found = {entry["workflow_id"]: entry for entry in listed}
        assert len(found) == len(listed)
        return found

    def states(self) -> dict[str, str]:
        return {name: entry["state"] for name, entry in self.jobs().items()}

    def run_dir(self, workflow_id: str) -> Path:
        return self.folder / "traces" / workflow_id


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_submitted_jobs_are_drained_and_the_exit_code_says_how_it_was(desk: Desk) -> None:
    assert desk.submit("wf-1", ["publish"]).stdout == "wf-1: queued\n"
    desk.submit("wf-2", ["raise"])
    assert desk.states() == {"wf-1": "new", "wf-2": "new"}
    drained = desk.drain()
    assert drained.returncode == 1, drained.stderr
    assert "1 done, 1 failed; 0 still in the queue" in drained.stdout
    assert "wf-2 failed: only: E-RAISED: RuntimeError: the plugin has a bug" in drained.stdout
    assert desk.states() == {"wf-1": "done", "wf-2": "failed"}
    assert (desk.folder / "traces" / "wf-1_only.jsonl").exists()
    assert desk.drain().returncode == 0, "there is nothing left that could fail"


def test_the_same_job_is_queued_once_and_another_of_its_name_is_refused(desk: Desk) -> None:
    desk.submit("wf-1", ["publish"])
    again = desk.submit("wf-1", ["publish"])
    assert (again.returncode, again.stdout) == (0, "wf-1: is new already, nothing to do\n")
    other = desk.submit("wf-1", ["publish", "other"])
    assert other.returncode == 2
    assert "error E-IDTAKEN" in other.stderr
    assert desk.states() == {"wf-1": "new"}


def test_a_job_file_that_is_wrong_is_told_with_its_lines_and_not_queued(desk: Desk) -> None:
    job = desk.write("wf-1", ["publish"], objectiv="cagr")
    refused = desk.run("submit", job, *QUEUE)
    assert refused.returncode == 2
    assert "wf-1.yaml:" in refused.stderr
    assert "E-SCHEMA" in refused.stderr
    assert desk.states() == {}


def test_files_that_are_copied_in_are_taken_and_bad_ones_are_put_away_with_the_reason(desk: Desk) -> None:
    queue = desk.folder / "jobs"
    queue.mkdir(mode=0o755)
    good = desk.write("wf-1", ["publish"], data_file="../SPY.csv", plugins=["../plugin.py"])
    (queue / "good.yaml").write_bytes(good.read_bytes())
    (queue / "same.yml").write_bytes(good.read_bytes())
    (queue / "bad\x1b[2J.yaml").write_text("workflow: [\n")
    (queue / "link.yaml").symlink_to(good)
    os.mkfifo(queue / "pipe.yaml")
    (queue / "notes.txt").write_text("not a job")
    drained = desk.drain()
    assert desk.states() == {
        "wf-1": "done",
        "bad\x1b[2J.yaml": "bad",
        "link.yaml": "bad",
        "pipe.yaml": "bad",
    }
    assert "same.yml is wf-1, which is" in drained.stderr
    assert "\x1b" not in drained.stdout + drained.stderr + desk.run("queue", "list", *QUEUE).stdout
    report = json.loads((queue / "bad" / "bad\x1b[2J.yaml.error.json").read_bytes())
    assert (report["code"], report["line"]) == ("E-YAML", 2)
    assert len(report["sha256"]) == 64
    assert sorted(path.name for path in queue.iterdir() if path.is_file()) == ["index.html", "notes.txt"]


def test_a_file_that_is_still_being_written_is_left_alone(desk: Desk) -> None:
    queue = desk.folder / "jobs"
    queue.mkdir(mode=0o755)
    good = desk.write("wf-1", ["publish"], data_file="../SPY.csv", plugins=["../plugin.py"]).read_text()
    with (queue / "slow.yaml").open("w") as file:
        coordinator = desk.start("drain")
        for part in range(30):
            file.write(good[part * len(good) // 30 : (part + 1) * len(good) // 30])
            file.flush()
            time.sleep(0.1)
            assert not (queue / "bad" / "slow.yaml").exists()
    coordinator.communicate(timeout=60)
    assert desk.states() == {"wf-1": "done"}


def test_data_and_plugins_outside_of_the_allowed_roots_are_refused(desk: Desk, spy_csv: Path) -> None:
    refused = desk.submit("wf-1", ["publish"], data_file=str(spy_csv))
    assert refused.returncode == 2
    assert "error E-PATH" in refused.stderr
    allowed = ("--allow-root", spy_csv.parent, "--allow-root", desk.folder)
    assert desk.submit("wf-1", ["publish"], data_file=str(spy_csv), options=allowed).returncode == 0
    desk.drain()
    assert desk.jobs()["wf-1"]["reason"].count("E-PATH") == 1
    desk.run("queue", "retry", "wf-1", *QUEUE)
    desk.drain(*allowed)
    assert desk.states() == {"wf-1": "done"}


def test_a_killed_phase_is_retried_once_and_then_held_until_it_is_released(desk: Desk) -> None:
    desk.submit("wf-1", ["die"])
    drained = desk.drain()
    assert "wf-1 started, attempt 2" in drained.stderr
    assert desk.states() == {"wf-1": "held"}
    assert desk.run("queue", "release", "wf-1", *QUEUE).stdout == "wf-1: held → new\n"
    desk.drain()
    assert desk.states() == {"wf-1": "held"}, "with a fresh count"


def test_jobs_are_held_released_cancelled_and_purged(desk: Desk) -> None:
    for name in ("wf-1", "wf-2"):
        desk.submit(name, ["publish"])
    desk.run("queue", "hold", "wf-1", *QUEUE)
    desk.run("queue", "cancel", "wf-2", *QUEUE)
    desk.drain()
    assert desk.states() == {"wf-1": "held", "wf-2": "cancelled"}
    wrong = desk.run("queue", "hold", "wf-2", "wf-3", *QUEUE)
    assert wrong.returncode == 2
    assert "E-JOBSTATE" in wrong.stderr
    assert "E-NOJOB" in wrong.stderr
    desk.run("queue", "release", "wf-1", *QUEUE)
    desk.run("queue", "retry", "wf-2", *QUEUE)
    desk.drain()
    assert desk.states() == {"wf-1": "done", "wf-2": "done"}
    assert desk.run("queue", "purge", *QUEUE).stdout == "2 jobs purged\n"
    assert desk.states() == {}


def test_a_job_waits_for_another_and_is_held_when_that_fails(desk: Desk) -> None:
    desk.submit("good", ["publish"])
    desk.submit("wrong", ["raise"])
    for other in ("good", "wrong", "never"):
        desk.submit(f"after-{other}", ["publish"], options=("--after", other))
    desk.drain()
    assert desk.states() == {
        "good": "done",
        "wrong": "failed",
        "after-good": "done",
        "after-wrong": "held",
        "after-never": "deferred",
    }
    assert "after never" in desk.run("queue", "list", *QUEUE).stdout


def test_a_job_and_its_phases_end_when_it_is_cancelled_or_takes_too_long(desk: Desk) -> None:
    desk.submit("endless", ["leave daemon"], ["touch", "up"], ["sleep"])
    desk.submit("slow", ["sleep"], resources={"job_time": "1s"})
    coordinator = desk.start("drain")
    wait_until((desk.run_dir("endless") / "up").exists, "the endless one is up")
    desk.run("queue", "cancel", "endless", *QUEUE)
    coordinator.communicate(timeout=60)
    assert desk.states() == {"endless": "cancelled", "slow": "failed"}
    assert "E-JOBTIME" in desk.jobs()["slow"]["reason"]
    assert not any(map(is_alive, recorded_pids(desk.run_dir("endless"))))


def test_on_finish_is_run_without_a_shell_and_changes_nothing(desk: Desk) -> None:
    wrapped = 'printf \'%s %s %s\' "$DAYBREAK_WORKFLOW_ID" "$DAYBREAK_STATE" "$1" > said; exit 3'
    command = ["sh", "-c", wrapped, "sh", "$(touch evil)"]
    desk.submit("wf-1", ["publish"], on_finish=command)
    desk.submit("wf-2", ["publish"], on_finish=["no-such-program"])
    drained = desk.drain()
    assert desk.states() == {"wf-1": "done", "wf-2": "done"}
    assert (desk.run_dir("wf-1") / "said").read_text() == "wf-1 done $(touch evil)"
    assert "wf-1: its on_finish ended with code 3" in drained.stderr
    assert "wf-2: its on_finish cannot be run" in drained.stderr
    desk.submit("wf-3", ["publish"], on_finish=["touch", "done"])
    desk.drain("--no-on-finish")
    assert not (desk.run_dir("wf-3") / "done").exists()


def test_nothing_is_started_that_cannot_be_expected_to_end_in_time(desk: Desk) -> None:
    desk.submit("long", ["publish"], resources={"time": "30h"})
    desk.submit("short", ["publish"], resources={"time": "20s"})
    in_an_hour = time.strftime("%H:%M", time.localtime(time.time() + 3600))
    drained = desk.drain("--until", in_an_hour)
    assert desk.states() == {"long": "new", "short": "done"}
    assert drained.returncode == 0
    assert desk.submit("next", ["publish"], resources={"time": "30h"}).returncode == 0
    desk.drain("--until", in_an_hour)
    assert set(desk.states().values()) == {"done"}, "the short one was of their kind, and took no hour"


def test_nothing_is_started_on_a_full_disk(desk: Desk) -> None:
    desk.submit("wf-1", ["publish"])
    coordinator = desk.start("drain", "--min-free", "1000TiB")
    time.sleep(2)
    assert desk.states() == {"wf-1": "new"}
    coordinator.send_signal(signal.SIGTERM)
    stdout, stderr = coordinator.communicate(timeout=20)
    assert "paused until there is room on the disk" in stderr
    assert "1 still in the queue" in stdout


@pytest.mark.parametrize("full", ["jobs", "traces"])
def test_a_disk_that_fills_up_pauses_the_queue_until_there_is_room(tmp_path: Path, full: str) -> None:
    desk = Desk(tmp_path / "desk")
    desk.folder.mkdir()
    with small_disk(desk.folder / full, 8 << 20):
        desk.submit("wf-1", ["publish"])
        filling = fill_disk(desk.folder / full)
        coordinator = desk.start("drain")
        assert coordinator.stderr is not None
        assert "paused until there is room on the disk" in coordinator.stderr.readline()
        filling.unlink()
        coordinator.communicate(timeout=60)
        assert desk.states() == {"wf-1": "done"}
        assert [desk.jobs()["wf-1"][count] for count in ("transient", "killed", "deaths")] == [0, 0, 0]


def test_no_job_is_started_while_the_load_is_above_its_limit(desk: Desk) -> None:
    desk.submit("wf-1", ["publish"])
    server = desk.start("serve", "--max-load", -1)
    time.sleep(2)
    server.send_signal(signal.SIGTERM)
    server.communicate(timeout=20)
    assert desk.states() == {"wf-1": "new"}
    desk.drain("--max-load", 10_000)
    assert desk.states() == {"wf-1": "done"}


def test_what_cannot_be_read_keeps_no_job_waiting_and_is_shown(desk: Desk) -> None:
    desk.submit("wf-1", ["publish"], resources={"time": "20s"})
    for state in ("new", "deferred", "done", "active/gone"):
        (desk.folder / "jobs" / state / "broken.json").mkdir(parents=True)
    in_an_hour = time.strftime("%H:%M", time.localtime(time.time() + 3600))
    drained = desk.drain("--until", in_an_hour)
    assert "broken.json" in drained.stderr
    listed = json.loads(desk.run("queue", "list", "--all", "--json", *QUEUE).stdout)
    assert sorted((entry["workflow_id"], entry["state"]) for entry in listed) == [
        *(("broken.json", state) for state in ("active", "deferred", "done", "new")),
        ("wf-1", "done"),
    ]


def test_a_record_that_somebody_has_copied_keeps_no_coordinator_busy(desk: Desk) -> None:
    desk.submit("wf-1", ["publish"])
    desk.drain()
    queue = desk.folder / "jobs"
    (queue / "new" / "wf-1.json").write_bytes((queue / "done" / "wf-1.json").read_bytes())
    desk.submit("wf-2", ["publish"])
    for _ in range(2):
        drained = desk.drain()
        assert "stays where it is" in drained.stderr
        assert "1 still in the queue" in drained.stdout
    assert [path.parts[-2] for path in queue.glob("*/wf-2.json")] == ["done"]
    assert len(list(queue.glob("active/*/wf-1.json"))) == 1


def test_a_coordinator_that_is_asked_to_stop_lets_the_phase_end_and_hands_the_job_back(desk: Desk) -> None:
    job = desk.write("wf-1", ["publish"])
    phases = {
        "first": phase(["touch", "up"], ["wait for", "go"], ["publish"]),
        "last": phase(["publish"], after=("first",)),
    }
    write_job(desk.folder, phases, plugins=["plugin.py"]).rename(job)
    desk.run("submit", job, *QUEUE)
    server = desk.start("serve")
    wait_until((desk.run_dir("wf-1") / "up").exists, "the first phase is up")
    server.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert server.poll() is None
    (desk.run_dir("wf-1") / "go").touch()
    _, stderr = server.communicate(timeout=20)
    assert server.returncode == 0, stderr
    assert "wf-1 back in the queue" in stderr
    assert desk.states() == {"wf-1": "new"}
    assert (desk.folder / "traces" / "wf-1_first.jsonl").exists()
    assert not (desk.folder / "traces" / "wf-1_last.jsonl").exists()
    before = (desk.folder / "traces" / "wf-1_first.jsonl").stat()
    desk.drain()
    assert desk.states() == {"wf-1": "done"}
    assert (desk.folder / "traces" / "wf-1_first.jsonl").stat().st_ino == before.st_ino


def test_a_second_signal_ends_the_phases_at_once(desk: Desk) -> None:
    desk.submit("wf-1", ["ignore term"], ["leave daemon"], ["touch", "up"], ["sleep"])
    server = desk.start("serve")
    wait_until((desk.run_dir("wf-1") / "up").exists, "the phase is up")
    for _ in range(2):
        server.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    server.communicate(timeout=20)
    assert desk.states() == {"wf-1": "new"}
    assert not any(map(is_alive, recorded_pids(desk.run_dir("wf-1"))))


def test_after_kill_9_the_next_coordinator_sweeps_what_is_left_and_ends_the_job(desk: Desk) -> None:
    desk.submit("wf-1", ["leave daemon"], ["touch", "up"], ["wait for", "go"], ["publish"])
    coordinator = desk.start("drain")
    wait_until((desk.run_dir("wf-1") / "up").exists, "the phase is up")
    coordinator.kill()
    coordinator.communicate()
    assert desk.states() == {"wf-1": "active"}
    left = recorded_pids(desk.run_dir("wf-1"))
    assert all(map(is_alive, left))
    (desk.run_dir("wf-1") / "go").touch()
    drained = desk.drain()
    assert "wf-1 reclaimed from a coordinator that died: new" in drained.stderr
    assert desk.states() == {"wf-1": "done"}
    assert not any(map(is_alive, [*left, *recorded_pids(desk.run_dir("wf-1"))]))
    assert list((desk.folder / "jobs" / "active").iterdir()) == []


def test_two_coordinators_share_a_queue_and_no_job_is_run_twice(desk: Desk) -> None:
    jobs = [desk.write(f"wf-{number}", ["publish"]) for number in range(12)]
    desk.run("submit", *jobs, *QUEUE)
    both = [desk.start("drain") for _ in range(2)]
    for coordinator in both:
        coordinator.communicate(timeout=60)
    assert desk.states() == {f"wf-{number}": "done" for number in range(12)}
    assert all(entry["deaths"] == 0 for entry in desk.jobs().values())


def test_a_run_that_somebody_else_runs_is_waited_for_and_not_charged(desk: Desk) -> None:
    job = desk.write("wf-1", ["touch", "up"], ["wait for", "go"], ["publish"])
    by_hand = start_daybreak(desk.folder, "run", job)
    wait_until((desk.run_dir("wf-1") / "up").exists, "the run by hand is up")
    desk.run("submit", job, *QUEUE)
    server = desk.start("serve")
    wait_until(lambda: desk.states() == {"wf-1": "deferred"}, "the job is deferred")
    assert "E-BUSY" in desk.jobs()["wf-1"]["wait"]["why"]
    assert desk.jobs()["wf-1"]["transient"] == 0
    (desk.run_dir("wf-1") / "go").touch()
    by_hand.communicate(timeout=20)
    desk.run("queue", "release", "wf-1", *QUEUE)
    wait_until(lambda: desk.states() == {"wf-1": "done"}, "the job is done")
    server.terminate()
    server.communicate(timeout=20)


def test_a_workflow_that_raises_or_ends_the_process_fails_alone(desk: Desk) -> None:
    declared = "@workflow(name={0!r}, extractors=())\ndef {0}(job, data):\n    {1}\n"
    (desk.folder / "flows.py").write_text(
        "from phase_worker.discovery import workflow\n"
        + declared.format("leaves", "raise SystemExit(3)")
        + declared.format("breaks", "return 1 / 0")
    )
    desk.submit("good", ["publish"])
    for name in ("leaves", "breaks"):
        settings: dict[str, Any] = {"workflow": name, "plugins": ["plugin.py", "flows.py"], "phases": None}
        assert desk.submit(name, ["publish"], **settings).returncode == 0
    desk.drain()
    assert desk.states() == {"good": "done", "leaves": "failed", "breaks": "failed"}
    assert "tried to end the process" in desk.jobs()["leaves"]["reason"]
    assert "ZeroDivisionError" in desk.jobs()["breaks"]["reason"]
