"""The form of a line in a phase's log: `2026-01-31T09:30:00.123Z LEVEL name: message`.

What has no time (a print, a traceback) belongs to the line before.
"""

import re
import time

from phase_worker.contract.outcome import display_time

# For the formatter of `logging`, and as `log_line` writes it.
FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(?= )")


def log_line(level: str, name: str, message: str) -> str:
    """A line of the log, of now, without its newline."""
    return f"{display_time(time.time())} {level} {name}: {message}"


def time_of(line: bytes) -> bytes | None:
    """The time at the start of a line, which sorts as it is; None where there is none."""
    found = _TIME.match(line)
    return found[0] if found else None
