"""The moments of a bar, in the order in which things happen there."""

from enum import IntEnum


class Moment(IntEnum):
    """When something is due at a bar; the bus runs what is due at one bar in this order.

    What happens between open and close has no time of its own, so protection goes first: the stop wins.
    """

    OPEN = 0
    PROTECTION = 1
    WITHIN = 2
    CLOSE = 3
    AFTER_CLOSE = 4
