"""`python -m benchmarks ours|peers|SECTION…`: measure, and write the tables of benchmarks/README.md."""

import argparse
import sys
from collections.abc import Callable

from benchmarks import batch, ours, process_start, queue_drain, trace_queries, versus
from benchmarks.machine import machine
from benchmarks.places import ROOT
from benchmarks.tables import write_section

_PAGE = ROOT / "benchmarks" / "README.md"
_FRONT_PAGE = ROOT / "README.md"

OURS: dict[str, Callable[[int], str]] = {
    "workloads": ours.workloads,
    "limits": ours.limits,
    "memory": ours.memory,
    "phases": process_start.phases,
    "commands": process_start.commands,
    "scheduling": process_start.scheduling,
    "slots": process_start.slots,
    "queue": queue_drain.queue,
}

PEERS: dict[str, Callable[[int], str]] = {
    "batch": batch.overheads,
    "queries": trace_queries.queries,
}


def main() -> None:
    """Measure what is named; each table is written as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    choices = ["ours", "peers", *OURS, *PEERS, "versus"]
    parser.add_argument("sections", nargs="*", metavar="SECTION", choices=choices, help=", ".join(choices))
    parser.add_argument("--rounds", type=int, default=5, help="how often each program is run; medians are shown")
    arguments = parser.parse_args()
    groups = {"ours": list(OURS), "peers": [*PEERS, "versus"]}
    for section in arguments.sections or ["ours"]:
        for name in groups.get(section, [section]):
            print(f"{name} ...", file=sys.stderr)
            _measure_section(name, arguments.rounds)


def _measure_section(name: str, rounds: int) -> None:
    if name == "versus":
        found = versus.matches(rounds)
        _write(name, versus.tables(found), rounds)
        write_section(_FRONT_PAGE, "benchmarks", f"{versus.short_table(found)}\n\n{machine(rounds)}")
    else:
        _write(name, (OURS | PEERS)[name](rounds), rounds)


def _write(name: str, text: str, rounds: int) -> None:
    text = f"{text}\n\n{machine(rounds)}"
    write_section(_PAGE, name, text)
    print(f"\n{text}\n", flush=True)


if __name__ == "__main__":
    main()
