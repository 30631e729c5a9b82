"""Times of events: ISO 8601 text, and what it means."""

from datetime import UTC, datetime, timedelta

from phase_worker.contract.errors import DataError

Moment = str | datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(moment: Moment) -> datetime:
    """`moment` with its zone, UTC where it names none; raises DataError where it is not ISO 8601."""
    try:
        time = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise DataError(f"the time {moment!r} is not ISO 8601, such as 2020-01-03T16:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def microseconds(moment: Moment) -> int:
    """Microseconds since 1970; raises like `instant`."""
    return (instant(moment) - _EPOCH) // timedelta(microseconds=1)
