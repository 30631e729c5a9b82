"""What a job says about a data file beyond its name: how it is read, and what is made of its bars."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that decides which bars a file gives; a bar source uses `format` and `timezone`, the rest comes after.

    `format`: a dialect's name, or auto. `timezone`: the IANA zone of times that have a clock but no zone; None: UTC.
    `prices`: raw, split or total_return; `factors`: sha256 of the file they are adjusted by, or None. `calendar`: code
    of the exchange whose sessions count, or None. `resample`: length of the bars that are made, such as 1h, or None.
    """

    format: str = "auto"
    timezone: str | None = None
    prices: str = "raw"
    factors: str | None = None
    calendar: str | None = None
    resample: str | None = None


AS_IT_IS = Reading()
