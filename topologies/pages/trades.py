"""The section of trades: how their results are distributed, and each of them."""

from typing import Any

import numpy as np

from phase_worker.contract.html_page import Markup, element, joined, table
from topologies.bars import FloatArray
from topologies.pages.charts import Chart, drawn
from topologies.pages.run_traces import Payload, RunTraces
from topologies.pages.wording import date

_MOST_ROWS = 500
_BINS = 40


def trades_section(traces: RunTraces) -> Markup:
    """Of closed trades; it says so where there are none."""
    trades = traces.trades
    if not trades:
        return element("p", _none(traces), class_="note")
    returns = np.array([trade["return"] for trade in trades], dtype=np.float64)
    return joined([drawn(_distribution(returns)), _reason_table(trades), _trade_table(trades)])


def _none(traces: RunTraces) -> str:
    level = traces.result.config.get("trace", {}).get("level")
    if level == "metrics" and traces.metrics.get("trades"):
        return "The job's trace level, metrics, keeps no trades: full and trades do."
    return "No trade was closed."


def _distribution(returns: FloatArray) -> Chart:
    counts, edges = np.histogram(returns, bins=_edges(returns))
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    values = [{"from": low, "to": high, "trades": count} for low, high, count in rows]
    tooltip: list[dict[str, Any]] = [
        {"field": "from", "type": "quantitative", "format": ".2%", "title": "From"},
        {"field": "to", "type": "quantitative", "format": ".2%", "title": "To"},
        {"field": "trades", "type": "quantitative", "title": "Trades"},
    ]
    bars = {
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {
                "field": "from",
                "bin": {"binned": True},
                "title": "Return of the trade",
                "axis": {"format": "%", "grid": False},
            },
            "x2": {"field": "to"},
            "y": {"field": "trades", "type": "quantitative", "title": "Trades", "axis": {"tickMinStep": 1}},
            "color": {
                "condition": {"test": "datum.from + datum.to < 0", "value": "var(--bad)"},
                "value": "var(--good)",
            },
            "tooltip": tooltip,
        },
    }
    zero = {"mark": {"type": "rule", "color": "var(--muted)"}, "encoding": {"x": {"datum": 0, "type": "quantitative"}}}
    tells = (
        f"{len(returns):,} closed trades from {returns.min():.2%} to {returns.max():.2%}; the median is "
        f"{np.median(returns):.2%}, the mean {returns.mean():.2%}."
    )
    spec = {"data": {"values": values}, "layer": [bars, zero]}
    columns = (("from", "Return from"), ("to", "to"), ("trades", "Trades"))
    return Chart("trades-chart", "Returns of closed trades", tells, spec, height=200, columns=columns)


def _edges(returns: FloatArray) -> FloatArray:
    """Bins of one width, of which none lies on both sides of zero."""
    low, high = min(float(returns.min()), 0.0), max(float(returns.max()), 0.0)
    width = (high - low) / min(_BINS, max(8, 2 * int(np.sqrt(len(returns))))) or 0.01
    edges: FloatArray = width * np.arange(np.floor(low / width), np.ceil(high / width) + 1)
    return edges


def _reason_table(trades: list[Payload]) -> Markup:
    """What ended the trades, where it may have been more than the strategy."""
    if not _may_be_exits(trades):
        return Markup("")
    by_reason: dict[str, list[Payload]] = {}
    for trade in trades:
        by_reason.setdefault(_closed_by(trade), []).append(trade)
    rows = [
        [reason, f"{len(ended):,}", _money(sum(trade["pnl"] for trade in ended))]
        for reason, ended in sorted(by_reason.items(), key=lambda item: -len(item[1]))
    ]
    return table(["Closed by", "Trades", "Gain"], rows, caption="What closed the trades", left=1)


def _may_be_exits(trades: list[Payload]) -> bool:
    """Whether the broker of the run told why each position was closed."""
    return any("reason" in trade for trade in trades)


def _closed_by(trade: Payload) -> str:
    reason: str = trade.get("reason") or "strategy"
    return reason.replace("_", " ")


def _trade_table(trades: list[Payload]) -> Markup:
    shown = trades
    reasons = _may_be_exits(trades)
    legs = any("leg" in trade for trade in trades)
    more = None
    if len(trades) > _MOST_ROWS:
        ranked = sorted(range(len(trades)), key=lambda at: trades[at]["return"])
        half = _MOST_ROWS // 2
        shown = [trades[at] for at in sorted([*ranked[:half], *ranked[-half:]])]
        more = f"The worst and the best {half} of {len(trades):,} trades; all are in the traces."
    rows = [
        [
            date(trade["entry_time"]),
            date(trade["exit_time"]),
            *([trade["leg"]] if legs else []),
            trade["side"],
            *([_closed_by(trade)] if reasons else []),
            f"{trade['quantity']:,.6g}",
            f"{trade['entry_price']:,.4f}",
            f"{trade['exit_price']:,.4f}",
            f"{trade['bars_held']:,}",
            f"{trade['commission']:,.2f}",
            _money(trade["pnl"]),
            _signed(trade["return"], f"{trade['return']:.2%}"),
        ]
        for trade in shown
    ]
    header = ["Entry", "Exit", *(["Leg"] if legs else []), "Side", *(["Closed by"] if reasons else [])]
    left = len(header)
    header += ["Quantity", "Price", "Exit price", "Bars", "Commission", "Gain", "Return"]
    return table(header, rows, caption="Closed trades, in the order of their exits", left=left, more=more)


def _money(value: float) -> Markup:
    return _signed(value, f"{value:,.2f}")


def _signed(value: float, text: str) -> Markup:
    return element("span", text, class_="bad" if value < 0.0 else "good")
