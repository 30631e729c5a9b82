"""What was found out about one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARN = "warn"  # works, but may surprise
    BAD = "bad"  # does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """`topic` is what was looked at, `found` what was seen, `advice` what to do where that is not well."""

    topic: str
    found: str
    verdict: Verdict = Verdict.OK
    advice: str = ""


def warn(topic: str, found: str, advice: str) -> Finding:
    return Finding(topic, found, Verdict.WARN, advice)


def bad(topic: str, found: str, advice: str) -> Finding:
    return Finding(topic, found, Verdict.BAD, advice)


def amount(size_bytes: float) -> str:
    """Such as 512 MiB or 3.4 GiB."""
    return f"{size_bytes / 2**20:.0f} MiB" if size_bytes < 2**30 else f"{size_bytes / 2**30:.1f} GiB"
