"""What a job says of the statistics of its result."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StatisticsChoice:
    """Whether a phase works them out, and whether it makes the test for superior predictive ability too."""

    enabled: bool
    spa: bool
