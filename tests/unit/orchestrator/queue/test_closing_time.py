"""Before closing time only what can be expected to end is started."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.queue.closing_time import ClosingTime, next_time
from orchestrator.queue.record import JobState
from orchestrator.queue.waiting import WaitingJob
from tests.fakes.queued_jobs import new_queue, new_record
from tests.fakes.turned_clock import TurnedClock


@pytest.fixture
def berlin() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("now", "clock_time", "expected"),
    [
        ("2026-01-05T21:00:00", "06:30", "2026-01-06T05:30:00"),
        ("2026-01-05T04:00:00", "06:30", "2026-01-05T05:30:00"),
        ("2026-01-05T05:30:00", "06:30", "2026-01-06T05:30:00"),
        ("2026-03-28T21:00:00", "06:30", "2026-03-29T04:30:00"),  # clocks are put forward that night
        ("2026-10-24T21:00:00", "06:30", "2026-10-25T05:30:00"),  # and back
    ],
)
def test_the_next_moment_that_local_clocks_show(now: str, clock_time: str, expected: str) -> None:
    moment = next_time(clock_time, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert moment.astimezone(UTC) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("clock_time", ["", "24:00", "6", "06:30:00", "noon"])
def test_what_no_clock_shows_is_refused(clock_time: str) -> None:
    with pytest.raises(ValueError, match="does not match|unconverted"):
        next_time(clock_time, datetime.now(UTC))


def test_a_job_is_expected_to_take_as_long_as_the_longest_of_its_kind(tmp_path: Path) -> None:
    queue, clock = new_queue(tmp_path), TurnedClock()
    queue.add(new_record("a", wall_s=3000.0), JobState.DONE)
    queue.add(new_record("b", wall_s=10.0), JobState.DONE)
    closing = ClosingTime(queue, clock.now() + timedelta(hours=1), clock)
    known = WaitingJob.of("c.json", new_record("c"))
    unknown = WaitingJob.of("d.json", new_record("d", strategy="other", time_s=600.0))
    assert closing.allows(known)
    clock.sleep(601)
    assert (closing.allows(known), closing.allows(unknown), closing.passed) == (False, True, False)
    clock.sleep(2400)
    assert not closing.allows(unknown)
    clock.sleep(600)
    assert closing.passed


def test_without_a_closing_time_everything_is_allowed(tmp_path: Path) -> None:
    closing = ClosingTime(new_queue(tmp_path), None, TurnedClock())
    assert closing.allows(WaitingJob.of("a.json", new_record("a", time_s=1e9)))
    assert not closing.passed
