"""The queue's page says what is in the folders, is bounded and escaped, and never harms the queue."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from orchestrator.queue.directory import QueueDirectory, Seat
from orchestrator.queue.overview import MOST_SHOWN, OverviewReader
from orchestrator.queue.page import QueuePage, queue_page
from orchestrator.queue.record import JobState, Wait, read_record
from phase_worker.contract import RunPaths
from tests.fakes.queued_jobs import new_queue, new_record
from tests.fakes.turned_clock import TurnedClock

NOW = datetime.now(UTC)


@pytest.fixture
def queue(tmp_path: Path) -> QueueDirectory:
    (tmp_path / "traces").mkdir()
    return new_queue(tmp_path)


class Reader(HTMLParser):
    """The text of a page by the id of its section, the targets of its links, and the names of its elements."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self.links: dict[str, str] = {}
        self.elements: set[str] = set()
        self.refresh: str | None = None
        self._section = self._link = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.add(tag)
        if tag == "section":
            self._section = found["id"] or ""
        if tag == "a":
            self._link = found["href"] or ""
        if found.get("http-equiv") == "refresh":
            self.refresh = found["content"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = ""
        elif tag in {"td", "th", "tr", "dd"} and self._section:
            self.sections[self._section] += "|"

    def handle_data(self, data: str) -> None:
        if self._section:
            self.sections[self._section] = self.sections.get(self._section, "") + data
        if self._link:
            self.links[data] = self._link


def shown(queue: QueueDirectory) -> Reader:
    overview = OverviewReader(queue.folders).read(NOW.timestamp())
    return Reader(queue_page(overview, queue.folders.root, queue.folders.root.parent / "traces", NOW))


def test_every_job_is_in_the_section_of_its_state(queue: QueueDirectory) -> None:
    queue.add(new_record("wf-done", wall_s=3661, cpu_s=2), JobState.DONE)
    queue.add(new_record("wf-failed", reason="test: E-RAISED: no"), JobState.FAILED)
    queue.add(new_record("wf-held", reason="by hand"), JobState.HELD)
    queue.add(new_record("wf-new", priority=7), JobState.NEW)
    queue.add(new_record("wf-after", after="wf-new"), JobState.DEFERRED)
    wait = Wait("EIO", until="2030-01-01T00:00:00Z")
    queue.add(new_record("wf-waits", wait=wait, submitted_s=1.0), JobState.DEFERRED)
    queue.add(new_record("wf-active"), JobState.NEW)
    Seat(queue, "seat-1").claim(queue.folders.record(JobState.NEW, "wf-active"))

    found = shown(queue)

    assert "wf-done|backtest sma_cross|done|" in found.sections["ended"]
    assert "1\xa0h\xa01\xa0min|2.00\xa0s|" in found.sections["ended"]
    assert re.search(r"wf-failed\|failed\|[^|]+\|test: E-RAISED: no\|", found.sections["look"])
    assert re.search(r"wf-held\|held\|[^|]+\|by hand\|", found.sections["look"])
    assert re.search(r"wf-active\|backtest sma_cross\|[^|]+\|seat-1\|", found.sections["running"])
    waiting = found.sections["waiting"]
    assert "wf-new|backtest sma_cross|7|for room|" in waiting
    assert "wf-after|backtest sma_cross|0|for wf-new|" in waiting
    assert "wf-waits|backtest sma_cross|0|until 2030-01-01T00:00:00Z: EIO|" in waiting
    assert waiting.index("wf-after") < waiting.index("wf-waits") < waiting.index("|wf-new|")
    assert "done1|failed1|cancelled0|held by now1|bad by now0|running1|queued1|deferred2|" in found.sections["tonight"]


def test_what_ended_yesterday_is_not_shown_but_what_needs_somebody_is(queue: QueueDirectory) -> None:
    for name, state in (("wf-done", JobState.DONE), ("wf-failed", JobState.FAILED), ("wf-held", JobState.HELD)):
        queue.add(new_record(name), state)
    overview = OverviewReader(queue.folders).read(NOW.timestamp() + 90_000)
    assert overview.ended == []
    assert [job.name for job in overview.troubles] == ["wf-held"]
    assert overview.tonight[JobState.DONE] == 0
    assert overview.counts[JobState.DONE] == 1


def test_links_lead_to_the_report_the_log_and_the_run(queue: QueueDirectory, tmp_path: Path) -> None:
    paths = RunPaths(tmp_path / "traces", "wf-1")
    paths.run_dir.mkdir()
    paths.report.touch()
    paths.log("test-01").touch()
    queue.add(new_record("wf-1", reason="test-01: E-RAISED: no"), JobState.FAILED)
    queue.add(new_record("wf-2", reason="no phase of this name: x"), JobState.FAILED)

    links = shown(queue).links

    assert links["report"] == "../traces/wf-1/report.html"
    assert links["log"] == "../traces/wf-1/test-01.log"
    assert links["wf-1"] == "../traces/wf-1"
    assert "wf-2" not in links


def test_what_a_file_is_called_cannot_become_a_part_of_the_page(queue: QueueDirectory) -> None:
    name = '<img src=x onerror="alert(1)">%2e&amp;.yaml'
    (queue.folders.state(JobState.BAD) / name).touch()
    report = queue.folders.state(JobState.BAD) / f"{name}.error.json"
    report.write_text('{"where": "<script>alert(2)</script>", "code": "E-YAML", "hint": "a\\u001b[2Jb"}')
    queue.add(new_record("wf-1", workflow="<b>bold</b>", reason="</table><script>1</script>"), JobState.FAILED)

    found = shown(queue)

    assert not {"img", "script", "b"} & found.elements
    assert name in found.sections["look"]
    assert r"<script>alert(2)</script>: E-YAML: a\x1b[2Jb" in found.sections["look"]
    assert found.links[name] == "bad/%3Cimg%20src%3Dx%20onerror%3D%22alert%281%29%22%3E%252e%26amp%3B.yaml"


def test_ten_thousand_jobs_make_a_small_page_and_each_record_is_read_once(queue: QueueDirectory) -> None:
    content = new_record().to_json()
    for number in range(10_000):
        (queue.folders.state(JobState.DONE) / f"wf-{number}.json").write_bytes(content)
    reader = OverviewReader(queue.folders)
    first = reader.read(NOW.timestamp())
    assert len(first.ended) == MOST_SHOWN
    page = queue_page(first, queue.folders.root, queue.folders.root.parent / "traces", NOW)
    assert len(page) < 200_000
    assert f"{10_000 - MOST_SHOWN:,} more are not shown." in page.decode()
    again = reader.read(NOW.timestamp())
    assert all(one.record is other.record for one, other in zip(first.ended, again.ended, strict=True))


def test_the_page_is_read_again_as_long_as_a_coordinator_lives(queue: QueueDirectory) -> None:
    assert shown(queue).refresh is None
    seat = Seat(queue, "seat-1")
    assert shown(queue).refresh == "30"
    seat.leave()
    (queue.folders.state(JobState.ACTIVE) / "dead-seat").mkdir()
    assert shown(queue).refresh is None


def test_a_record_that_cannot_be_read_is_shown_as_such(queue: QueueDirectory) -> None:
    queue.folders.record(JobState.FAILED, "wf-1").write_text("{")
    assert "wf-1.json|failed|" in shown(queue).sections["look"]


def new_page(queue: QueueDirectory, clock: TurnedClock, told: list[str]) -> QueuePage:
    return QueuePage(queue.folders, queue.folders.root.parent / "traces", clock, told.append)


def test_it_is_written_only_when_something_has_changed_and_not_too_often(queue: QueueDirectory) -> None:
    clock, told = TurnedClock(), list[str]()
    page, file = new_page(queue, clock, told), queue.folders.page
    page.look()
    first = file.stat().st_mtime_ns
    queue.add(new_record("wf-1"), JobState.NEW)
    page.look()
    assert file.stat().st_mtime_ns == first
    clock.sleep(5.0)
    page.look()
    second = file.stat().st_mtime_ns
    assert second > first
    assert b"wf-1" in file.read_bytes()
    clock.sleep(5.0)
    page.look()
    assert file.stat().st_mtime_ns == second
    assert list(queue.folders.temporary.iterdir()) == []
    assert told == []


def test_a_page_that_cannot_be_written_is_told_of_once(queue: QueueDirectory) -> None:
    clock, told = TurnedClock(), list[str]()
    page = new_page(queue, clock, told)
    queue.folders.page.mkdir()
    for _ in range(3):
        page.look()
        clock.sleep(5.0)
    [line] = told
    assert line.startswith("the queue's page cannot be written, and the queue goes on without: ")
    assert list(queue.folders.temporary.iterdir()) == []
    queue.folders.page.rmdir()
    page.look()
    assert queue.folders.page.is_file()


def test_the_page_is_no_job_file(queue: QueueDirectory) -> None:
    new_page(queue, TurnedClock(), []).look()
    assert queue.folders.page.is_file()
    assert list(queue.folders.dropped()) == []


def test_a_record_of_before_there_was_a_cpu_time_is_still_read(queue: QueueDirectory) -> None:
    path = queue.folders.record(JobState.DONE, "wf-1")
    path.write_bytes(re.sub(rb'"cpu_s": 0.0|,\s*"cpu_s": 0.0', b"", new_record("wf-1").to_json()))
    assert b"cpu_s" not in path.read_bytes()
    assert read_record(path).cpu_s == 0.0
