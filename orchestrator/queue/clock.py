"""The clock that the queue decides by, passed in so that a test can turn it."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Decisions are by `monotonic_s`, which all processes of one `boot_id` share; `now` is for display and order."""

    boot_id: str

    def monotonic_s(self) -> float:
        """Seconds since some point in the past."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""

    def sleep(self, duration_s: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's."""

    def __init__(self) -> None:
        self.boot_id = _BOOT_ID.read_text().strip()

    def monotonic_s(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, duration_s: float) -> None:
        time.sleep(duration_s)


def display(moment: datetime) -> str:
    """A time as records and messages have it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
