"""Blocks of ordinary CSV rows, read by numpy: no Python runs per row.

What is taken for ordinary is a part of what `csv_rows` accepts, and gives the same bits. A block that has anything
else in it is left to `csv_rows`, which reads it or says what is wrong.
"""

import numpy as np

from topologies.components.data.columns import Columns, Layout, make_columns
from topologies.components.data.timestamps import parse_column, shape_of


def parse_block(text: str, layout: Layout) -> tuple[str, Columns] | None:
    """The zone and the bars of rows joined by newlines, or None where they hold anything unusual.

    NaN and infinity are taken as they are: `check_columns` finds them.
    """
    if '"' in text or "\0" in text:
        return None
    lines = text.split("\n")
    first = lines[0].removesuffix("\r").split(",")
    shape = shape_of(first[layout.timestamp]) if len(first) == layout.width else None
    if shape is None:
        return None
    types = dict.fromkeys(layout.numbers.values(), "f8") | {layout.timestamp: f"S{len(shape.literal)}"}
    row_type = [(str(position), types.get(position, "S1")) for position in range(layout.width)]
    try:
        table = np.loadtxt(lines, row_type, comments=None, delimiter=",", ndmin=1)
    except ValueError:
        return None
    time_ns = parse_column(table[str(layout.timestamp)], shape)
    if time_ns is None or len(table) != len(lines):  # numpy passes over blank lines
        return None
    return shape.zone, make_columns(time_ns, {name: table[str(at)] for name, at in layout.numbers.items()})
