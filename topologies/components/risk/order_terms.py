"""The terms of the strategy's orders: their type, and its prices relative to the close of the decision's bar."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """`type` is market, limit, stop or stop_limit; after `valid_bars` bars what is not filled expires, if it is given.

    A limit is `limit_bps` below the close for a purchase and above it for a sale, a stop `stop_bps` on the other side.
    """

    type: str
    limit_bps: float
    stop_bps: float
    valid_bars: int | None

    def of(self, close: float, *, buys: bool) -> dict[str, Any]:
        """What an order says of them."""
        side = 1.0 if buys else -1.0
        terms: dict[str, Any] = {"order_type": self.type, "valid_bars": self.valid_bars}
        if self.type in {"limit", "stop_limit"}:
            terms["limit_price"] = close * (1.0 - side * self.limit_bps / 1e4)
        if self.type in {"stop", "stop_limit"}:
            terms["stop_price"] = close * (1.0 + side * self.stop_bps / 1e4)
        return terms
