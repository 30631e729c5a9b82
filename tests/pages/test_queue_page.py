"""The queue's page as a drain leaves it, on disk and in a browser."""

import json
import re
from pathlib import Path
from shutil import copyfile

import pytest

from tests.fakes.browser import DARK, Browser
from tests.fakes.command_line import daybreak, start_daybreak
from tests.fakes.scripted_jobs import PLUGIN, phase, write_job
from tests.fakes.scripted_phases import Step, wait_until

HOSTILE = "<img src=x onerror=alert(1)>.yaml"
DRAIN = ("--slots", 2, "--min-free", "1MiB")


def submit(folder: Path, workflow_id: str, *steps: Step) -> None:
    copyfile(PLUGIN, folder / "plugin.py")
    job = write_job(folder, {"only": phase(*steps)}, workflow_id=workflow_id, plugins=["plugin.py"], report=False)
    submitted = daybreak(folder, "submit", job)
    assert submitted.returncode == 0, submitted.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a queue that was drained: one job is done, one failed, and a file was no job."""
    folder = tmp_path_factory.mktemp("night")
    submit(folder, "good", ["publish"])
    submit(folder, "worse", ["raise"])
    (folder / "jobs" / HOSTILE).write_text("workflow: [")
    assert daybreak(folder, "drain", *DRAIN).returncode == 1
    return folder


def test_the_page_at_the_end_of_the_night_says_what_became_of_every_job(folder: Path) -> None:
    page = (folder / "jobs" / "index.html").read_text()
    assert "no coordinator is at work" in page
    assert 'http-equiv="refresh"' not in page
    assert "<script" not in page
    assert "only: E-RAISED: RuntimeError: the plugin has a bug" in page
    for link in re.findall(r'href="([^"#]+)"', page):
        if "%" not in link:
            assert (folder / "jobs" / link).exists(), link
    assert 'href="../traces/worse/only.log"' in page


def test_the_page_is_left_alone_by_who_looks_for_job_files(folder: Path) -> None:
    assert daybreak(folder, "drain", *DRAIN).returncode == 0
    listed = json.loads(daybreak(folder, "queue", "list", "--all", "--json").stdout)
    assert sorted(entry["workflow_id"] for entry in listed) == [HOSTILE, "good", "worse"]


def test_it_can_be_written_by_hand(folder: Path) -> None:
    page = folder / "jobs" / "index.html"
    page.unlink()
    assert daybreak(folder, "queue", "page").stdout == f"{page}\n"
    assert "only: E-RAISED" in page.read_text()


def test_a_browser_shows_it_and_runs_nothing_of_a_hostile_name(folder: Path, tmp_path: Path) -> None:
    for colours in ([], [DARK]):
        opened = Browser(tmp_path).open(folder / "jobs" / "index.html", *colours)
        assert opened.console == []
        assert "<img" not in opened.document
        assert "&lt;img src=x onerror=alert(1)&gt;.yaml" in opened.document


def test_while_a_coordinator_drains_the_page_reads_itself_again(tmp_path: Path) -> None:
    submit(tmp_path, "waits", ["wait_for", "go"])
    serving = start_daybreak(tmp_path, "drain", *DRAIN)
    page = tmp_path / "jobs" / "index.html"
    try:
        wait_until(page.exists, "there is a page")
        assert 'http-equiv="refresh"' in page.read_text()
        wait_until((tmp_path / "traces" / "waits").exists, "the job has begun")
        (tmp_path / "traces" / "waits" / "go").touch()
    finally:
        serving.communicate(timeout=60)
    assert 'http-equiv="refresh"' not in page.read_text()
    assert ">waits<" in page.read_text()


def test_a_page_that_cannot_be_written_holds_nothing_up(tmp_path: Path) -> None:
    submit(tmp_path, "good", ["publish"])
    (tmp_path / "jobs" / "index.html").mkdir()
    drained = daybreak(tmp_path, "drain", *DRAIN)
    assert drained.returncode == 0, drained.stderr
    assert drained.stderr.count("the queue's page cannot be written") == 1
