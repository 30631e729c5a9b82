"""Figures in words: what each is called, how it is written, and what it means in one line."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from topologies.components.metrics.meanings import MEANINGS

MISSING = "undefined"


class Statistic(NamedTuple):
    """`form` is percent, money, ratio, count or text."""

    label: str
    form: str
    meaning: str


STATISTICS = {
    "total_return": Statistic("Total return", "percent", "Final equity by start cash, less one."),
    "cagr": Statistic("CAGR", "percent", "The yearly growth that leads to the final equity, bars counted as years."),
    "cagr_calendar": Statistic("CAGR, calendar", "percent", "The same by the days of the calendar."),
    "volatility": Statistic("Volatility", "percent", "Standard deviation of the returns per bar, for a year."),
    "sharpe_ratio": Statistic("Sharpe ratio", "ratio", "Mean return by its standard deviation, for a year."),
    "sortino_ratio": Statistic("Sortino ratio", "ratio", "Mean return by the deviation of the losses alone."),
    "calmar_ratio": Statistic("Calmar ratio", "ratio", "Calendar CAGR by the deepest drawdown."),
    "max_drawdown": Statistic("Max drawdown", "percent", "The deepest fall below the highest equity before it."),
    "max_drawdown_at": Statistic("Deepest at", "date", "When that fall was deepest."),
    "start_cash": Statistic("Start cash", "money", "What the account began with."),
    "final_equity": Statistic("Final equity", "money", "Cash and position at the last close."),
    "walk_forward_efficiency": Statistic(
        "Walk-forward efficiency", "percent", "Mean yearly return of the tests by that of the trainings (Pardo)."
    ),
    "windows": Statistic("Windows", "count", "Tests that are chained."),
    "trials": Statistic("Trials", "count", "Sets of parameters that were tried: the more, the luckier the best."),
    "bars": Statistic("Bars", "count", "Bars that the account was marked to market at."),
    "out_of_sample_bars": Statistic("Out-of-sample bars", "count", "Bars that no parameter was chosen on."),
    "periods_per_year": Statistic("Periods a year", "count", "Bars that make a year in all yearly figures."),
    "exposure": Statistic("Exposure", "percent", "Bars with a position by all bars."),
    "annual_turnover": Statistic("Turnover", "ratio", "Traded value by equity, for a year."),
    "fills": Statistic("Fills", "count", "Orders that were executed."),
    "commission": Statistic("Commission", "money", "Paid in all."),
    "trades": Statistic("Closed trades", "count", "Positions that went back to flat; all below is of these alone."),
    "open_positions": Statistic("Open at the end", "count", "Positions still held, at a window's end or the last bar."),
    "wins": Statistic("Wins", "count", "Closed trades with a gain after commission."),
    "win_rate": Statistic("Win rate", "percent", "Wins by closed trades."),
    "profit_factor": Statistic("Profit factor", "ratio", "Sum of the gains by the sum of the losses."),
    "expectancy": Statistic("Expectancy", "money", "Mean gain of a closed trade."),
    "gross_profit": Statistic("Gross profit", "money", "Sum of the gains."),
    "gross_loss": Statistic("Gross loss", "money", "Sum of the losses."),
}


def label(name: str) -> str:
    """What a figure is called; one that is not known here goes by its own name."""
    return STATISTICS[name].label if name in STATISTICS else MEANINGS.get(name, (name.replace("_", " "), ""))[0]


def meaning(name: str) -> str:
    return STATISTICS[name].meaning if name in STATISTICS else MEANINGS.get(name, ("", ""))[1]


def written(name: str, value: Any) -> str:
    """A figure as it stands in a table."""
    form = STATISTICS[name].form if name in STATISTICS else "text"
    if value is None:
        return MISSING
    if isinstance(value, Mapping):
        return parameters(value)
    if isinstance(value, str):
        return date(value) if form == "date" else value
    if isinstance(value, bool | int) and form != "money":
        return f"{value:,}" if form == "count" else str(value)
    if isinstance(value, int | float):
        return _number(form, value)
    return str(value)


def _number(form: str, value: float) -> str:
    return {"percent": f"{value:.2%}", "money": f"{value:,.2f}", "count": f"{value:,.6g}"}.get(form, f"{value:.4g}")


def parameters(values: Mapping[str, Any]) -> str:
    """A set of parameters on one line."""
    return ", ".join(f"{name}={value}" for name, value in values.items()) or "none"


def date(timestamp: str) -> str:
    """The day of a timestamp, and the time of it if there is one."""
    return timestamp.removesuffix("T00:00:00Z").replace("T", " ").removesuffix("Z")
