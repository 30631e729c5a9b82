"""The page that a campaign or a soak writes: its tables, and what they were measured on."""

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.campaign import Tally
from tests.chaos.checker import KINDS
from tests.chaos.sandbox import ROOT
from tests.chaos.soak import TERMINAL, Books
from tests.chaos.trial import BY_ITSELF

PAGE = ROOT / "benchmarks" / "chaos.md"


def campaign_table(tallies: Sequence[Tally]) -> str:
    """A row for each tally."""
    rows = [
        [
            tally.name,
            tally.trials,
            tally.missed,
            *(tally.found[kind] for kind in KINDS),
            tally.notes[BY_ITSELF],
            f"{tally.wall_s:.0f} s",
        ]
        for tally in tallies
    ]
    return table(["what was done to it", "runs", "not due", *KINDS, "ended well by itself", "wall"], rows)


def mutants_table(caught: Sequence[tuple[str, Tally]]) -> str:
    """A row for each mutant."""
    rows = [[name, tally.name, tally.trials, len(tally.bad)] for name, tally in caught]
    return table(["mutant", "hunted by", "runs", "runs that caught it"], rows)


def soak_table(books: Books) -> str:
    """A row for each kind of job: how many were put in, and where they are."""
    states = [*TERMINAL, "?"]
    rows = [
        [kind, submitted, *(books.ended[kind, state] or "" for state in states)]
        for kind, submitted in sorted(books.submitted.items())
    ]
    killed = ", ".join(f"{count} × {name}" for name, count in sorted(books.kills.items())) or "nobody"
    text = f"{books.wall_s / 60:.0f} minutes, killed: {killed}. Verdict: {books.verdict}."
    return f"{table(['jobs', 'put in', *states], rows)}\n\n{text}"


def table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """In Markdown; the first column to the left, the others to the right."""
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def circumstances() -> str:
    """Date, commit, machine and command, in one line."""
    described = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"], capture_output=True, text=True, check=False
    )
    commit = described.stdout.strip() or "no checkout"
    command = shlex.join(["python", "-m", "tests.chaos", *sys.argv[1:]])
    return (
        f"<sub>{datetime.now(UTC).date()}, commit {commit}; {len(os.sched_getaffinity(0))} cores, Linux "
        f"{platform.release()}, Python {platform.python_version()}; load average at the end {os.getloadavg()[0]:.1f}; "
        f"`{command}`.</sub>"
    )


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Replace what is between `<!-- NAME -->` and `<!-- /NAME -->` in the page."""
    section = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    page.write_text(section.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page.read_text()))
