"""`python -m tests.fuzz`: the long campaign, whose table is added to benchmarks/fuzz.md."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.tables import table
from tests.fuzz.campaign import ROOT, Tally, run_campaign
from tests.fuzz.reader import LIMIT_BYTES, LIMIT_CPU_S

_PAGE = ROOT / "benchmarks" / "fuzz.md"
_KEPT = ROOT / ".fuzz"
_INTRODUCTION = f"""\
# Fuzzed inputs

`make fuzz` (`make fuzz COUNT=500000 SEED=7`) reads fuzzed job files and market data as a run does, and adds a table to
this page. *structure*: made by hypothesis along the schema of a job, or the form of a data file in any dialect;
*bytes*: a corpus, damaged byte by byte. Each input must be accepted, or rejected with a code and its place in the file,
within {LIMIT_CPU_S:g} s of processor time and {LIMIT_BYTES["job"] >> 20} MiB (job files) or
{LIMIT_BYTES["csv"] >> 20} MiB (data) of private memory.

What is accepted is checked: a job is the one that its resolved form gives, bars are possible. Inputs are read in
processes of their own: a crash or a hang is seen, repeated, and kept in `.fuzz/`. Times are of the slowest input.
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs in all")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="by default another one each time")
    arguments = parser.parse_args()
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        tallies = run_campaign(
            arguments.count, arguments.seed, Path(folder), _KEPT, lambda line: print(line, file=sys.stderr)
        )
    text = report(tallies, arguments.seed, time.monotonic() - started_s)
    if not _PAGE.exists():
        _PAGE.write_text(_INTRODUCTION)
    with _PAGE.open("a") as page:
        page.write(f"\n{text}\n")
    print(text)
    failures = [failure for tally in tallies.values() for failure in tally.failures]
    print("\n".join(failures[:100]))
    return 1 if failures else 0


def report(tallies: dict[tuple[str, str], Tally], seed_number: int, wall_s: float) -> str:
    """The campaign's table and its rejections by code."""
    day = datetime.now(UTC).date().isoformat()
    total = sum(tally.inputs for tally in tallies.values())
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    header = ("input", "inputs", "accepted", "rejected", "other exceptions", "crashes", "hangs", "slowest", "peak")
    rejections = []
    for (kind, source), tally in tallies.items():
        codes = ", ".join(f"{code} {count:,}" for code, count in rejected(tally).most_common())
        rejections.append(f"- {kind}, {source}: {codes}")
    return "\n".join(
        [
            f"## {day}: {total:,} inputs, seed {seed_number}",
            f"\n{wall_s:.0f} s on {machine}.\n",
            table(header, [row(f"{kind}, {source}", tally) for (kind, source), tally in tallies.items()]),
            "\nRejected by code:\n",
            *rejections,
        ]
    )


def rejected(tally: Tally) -> Counter[str]:
    return Counter({code: count for code, count in tally.verdicts.items() if code.startswith("E-")})


def row(name: str, tally: Tally) -> list[str]:
    counts = [tally.inputs, tally.verdicts["accepted"], rejected(tally).total()]
    counts += [tally.verdicts[verdict] for verdict in ("raised", "crashed", "hung")]
    peak = f"{tally.peak_bytes / 2**20:.0f} MiB"
    return [name, *(f"{count:,}" for count in counts), f"{tally.slowest_s * 1e3:.0f} ms", peak]


if __name__ == "__main__":
    sys.exit(main())
