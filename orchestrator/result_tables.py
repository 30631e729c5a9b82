"""The results of a run as tables of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from math import ceil
from operator import itemgetter

from orchestrator.text_table import table

TYPE_CHECKING = False  # what a run does not need is not imported by it
if TYPE_CHECKING:
    from typing import Any

_PERCENT = {
    "total_return",
    "cagr",
    "max_drawdown",
    "exposure",
    "volatility",
    "win_rate",
    "walk_forward_efficiency",
    "pbo",
    "psr",
    "dsr",
}
_LABELS = {
    "trades": "closed_trades",
    "open_positions": "open_at_end",
    "win_rate": "win_rate (closed)",
    "profit_factor": "profit_factor (closed)",
    "min_trl": "min_trl (bars)",
    "sharpe_low": "sharpe_ratio (2.5%)",
    "sharpe_high": "sharpe_ratio (97.5%)",
}
WINDOW_COLUMNS = ("window", "test from", "to", "chosen in training", "in-sample", "out-of-sample", "return", "fills")
_RULE_COLUMNS = ("rule", "buy days", "sell days", "after a buy", "after a sell", "difference", "t")
_LEG_COLUMNS = ("leg", "symbol", "strategy", "weight", "gain", "fills", "commission", "exposure")
_REPLAYED = ("final_equity", "total_return", "max_drawdown", "trades", "fills", "commission", "sharpe_ratio")
_SPREAD = ("minimum", "p05", "median", "p95", "maximum", "mean")
SUMMARY_ROWS = (
    "symbol",
    "strategy",
    "params",
    "fill",
    "prices",
    "at_end",
    "rebalance",
    "path",
    "paths",
    "splits",
    "windows",
    "out_of_sample_bars",
    "bars",
    "trials",
    "fills",
    "open_positions",
    "trades",
    "final_equity",
    "total_return",
    "cagr",
    "volatility",
    "max_drawdown",
    "exposure",
    "win_rate",
    "profit_factor",
    "walk_forward_efficiency",
    "pbo",
    "psr",
    "dsr",
    "min_trl",
    "sortino_ratio",
    "calmar_ratio",
    "lo_sharpe_ratio",
    "sharpe_low",
    "sharpe_high",
    "sharpe_ratio",
)


def result_tables(
    summary: Mapping[str, Any], phase: Mapping[str, Any], phases: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """Those of the `phase` that the summary is of, and of the others that are to be seen beside it."""
    if windows := phase["extracted_results"].get("windows"):
        yield window_table(windows)
    for _, group in groupby(phase["extracted_results"].get("distributions", ()), key=itemgetter("of")):
        yield distribution_table(list(group))
    if rules := phase["extracted_results"].get("rule_returns"):
        yield rule_table(rules)
    if legs := phase["extracted_results"].get("contributions"):
        yield leg_table(legs)
    if "changes" in summary:
        replays = [found for each in phases for found in each["extracted_results"].get("portfolio_metrics", ())]
        if len(replays) > 1:
            yield replay_table(replays)
    if summary:
        yield summary_table(summary)


def window_table(windows: Sequence[Mapping[str, Any]]) -> str:
    """One line per window of a walk-forward."""
    title = "Sharpe ratio of each window's choice in training and in its test:"
    return f"{title}\n{table([WINDOW_COLUMNS, *window_rows(windows)], left=4)}"


def distribution_table(spreads: Sequence[Mapping[str, Any]]) -> str:
    """How each figure is spread."""
    rows = [
        (label(spread["figure"]), *(formatted(spread["figure"], spread[name]) for name in _SPREAD))
        for spread in spreads
    ]
    title = f"Over {spreads[0]['count']:,} {spreads[0]['of']}:"
    return f"{title}\n{table([('figure', *_SPREAD), *rows], left=1)}"


def rule_table(rules: Sequence[Mapping[str, Any]]) -> str:
    """One line per rule: the mean log returns of the days after its buys and its sells."""
    rows = [
        (
            formatted("params", rule["params"]),
            f"{rule['buy_days']:,}",
            f"{rule['sell_days']:,}",
            *(_number(rule[name], 5) for name in ("buy_mean", "sell_mean", "buy_minus_sell")),
            _number(rule["buy_minus_sell_t"], 2),
        )
        for rule in rules
    ]
    title = f"Mean log returns from {rules[0]['first'][:10]} to {rules[0]['last'][:10]}:"
    return f"{title}\n{table([_RULE_COLUMNS, *rows], left=1)}"


def leg_table(legs: Sequence[Mapping[str, Any]]) -> str:
    """One line per leg of a portfolio: what it has contributed."""
    rows = [
        (
            leg["leg"],
            leg["symbol"],
            leg["strategy"],
            f"{leg['weight']:.2%}",
            f"{leg['pnl']:,.2f}",
            str(leg["fills"]),
            f"{leg['commission']:,.2f}",
            f"{leg['exposure']:.2%}",
        )
        for leg in legs
    ]
    return f"What each leg has contributed:\n{table([_LEG_COLUMNS, *rows], left=3)}"


def replay_table(replays: Sequence[Mapping[str, Any]]) -> str:
    """One line per replay: what it changes in the job's own settings, and what comes of it."""
    rows = [
        (
            formatted("changes", replay["changes"]) if replay["changes"] else "the job's own settings",
            *(formatted(name, replay[name]) for name in _REPLAYED),
        )
        for replay in replays
    ]
    return (
        f"The same signals under each of the settings:\n{table([('settings', *map(label, _REPLAYED)), *rows], left=1)}"
    )


def window_rows(windows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The cells of WINDOW_COLUMNS for each window."""
    return [
        (
            str(window["window"]),
            window["test_first"][:10],
            window["test_last"][:10],
            " ".join(f"{name}={value}" for name, value in window["params"].items()),
            _number(window["in_sample"]["sharpe_ratio"]),
            _number(window["out_of_sample"]["sharpe_ratio"]),
            formatted("total_return", window["out_of_sample"]["total_return"]),
            str(window["out_of_sample"]["fills"]),
        )
        for window in windows
    ]


def summary_table(summary: Mapping[str, Any]) -> str:
    """The summary's figures, one a line."""
    return table(summary_rows(summary), left=1)


def summary_rows(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The names of the summary's figures, and the figures as they are shown."""
    return [(label(name), formatted(name, summary[name])) for name in SUMMARY_ROWS if name in summary]


def label(name: str) -> str:
    """What a figure is called where it is shown."""
    return _LABELS.get(name, name)


def formatted(name: str, value: Any) -> str:
    """A figure of the summary as a person reads it."""
    if value is None:
        return "undefined"
    if name in _PERCENT:
        return f"{value:.2%}"
    if name in {"final_equity", "commission"}:
        return f"{value:,.2f}"
    if name == "min_trl":
        return f"{ceil(value):,}"
    if isinstance(value, dict):
        return " ".join(f"{key}={item}" for key, item in value.items()) or "none"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float | None, decimals: int = 4) -> str:
    return "undefined" if value is None else f"{value:.{decimals}f}"
