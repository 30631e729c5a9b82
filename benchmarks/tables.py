"""Tables in Markdown, written between the markers of a page."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    lines = [header, [":--", *["--:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write_section(page: Path, name: str, text: str) -> None:
    """Replace what is between `<!-- NAME -->` and `<!-- /NAME -->`; a page without the markers stays as it is."""
    section = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    page.write_text(section.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page.read_text()))


def seconds(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3g} s" if value < 100 else f"{value:.0f} s"


def millis(value_s: float) -> str:
    return f"{value_s * 1e3:.3g} ms"


def times(value: float) -> str:
    return f"{value:.2f}×" if value < 10 else f"{value:.0f}×"


def mebibytes(value: float) -> str:
    return f"{value / 2**20:.0f} MiB"
