"""A clock that stands still until a test turns it."""

from datetime import UTC, datetime, timedelta

FIRST_MOMENT = datetime(2026, 1, 5, 22, 0, tzinfo=UTC)


class TurnedClock:
    """`sleep` turns it too."""

    def __init__(self, boot_id: str = "boot-1") -> None:
        self.boot_id = boot_id
        self.elapsed_s = 1000.0

    def monotonic_s(self) -> float:
        return self.elapsed_s

    def now(self) -> datetime:
        return FIRST_MOMENT + timedelta(seconds=self.elapsed_s - 1000.0)

    def sleep(self, duration_s: float) -> None:
        self.elapsed_s += duration_s
