"""A table of text."""

from collections.abc import Iterable, Sequence


def table(rows: Iterable[Sequence[str]], *, left: int) -> str:
    """Aligned columns; the first `left` ones to the left, the others to the right."""
    listed = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*listed, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number < left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in listed
    )
