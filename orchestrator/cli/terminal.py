"""What the terminal of a stream can show, and is wanted to."""

import os

TYPE_CHECKING = False  # `typing` takes longer to import than to ask
if TYPE_CHECKING:
    from typing import TextIO


def can_draw(stream: "TextIO") -> bool:
    """Whether what was written can be written over: on a terminal that can do more than a teletype."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}


def has_colours(stream: "TextIO") -> bool:
    """Colours are for terminals; NO_COLOR (https://no-color.org) forbids them, FORCE_COLOR wants them in pipes too."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or can_draw(stream)
