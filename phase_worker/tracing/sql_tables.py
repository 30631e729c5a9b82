"""The tables that SQL sees: what of which events stands in which column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows made of JSON lines.

    `fields` are the keys of a line and their SQL types, `columns` what is made of them, by name; `where` says of which
    lines. `event_types` are those whose records are its lines: none for the records of all types.
    """

    fields: Mapping[str, str]
    columns: Mapping[str, str]
    where: str = "true"
    event_types: tuple[str, ...] = ()


_EVENT = {
    **dict.fromkeys(("workflow_id", "phase"), "VARCHAR"),
    "timestamp": "TIMESTAMPTZ",
    **dict.fromkeys(("event_type", "source_id"), "VARCHAR"),
    "payload": "JSON",
    **dict.fromkeys(("event_id", "causation_id", "correlation_id"), "BIGINT"),
}
# The columns of every table of events, before and behind its own: of a wide table a terminal shows both ends.
_FIRST = ("workflow_id", "phase", "timestamp")
_LAST = ("source_id", "event_id", "causation_id", "correlation_id")


def _of_events(event_type: str, payload: Mapping[str, str], columns: dict[str, str] | None = None) -> Table:
    """A table of the events of one type; `payload` gives the types of its keys, which are columns but for `columns`."""
    struct = ", ".join(f'"{key}" {sql_type}' for key, sql_type in payload.items())
    return Table(
        _EVENT | {"payload": f"STRUCT({struct})"},
        _named(_FIRST) | (columns or {key: f'payload."{key}"' for key in payload}) | _named(_LAST),
        f"event_type = '{event_type}'",
        (event_type,),
    )


def _plain(fields: Mapping[str, str]) -> Table:
    return Table(fields, _named(fields))


def _named(names: Iterable[str]) -> dict[str, str]:
    return {name: f'"{name}"' for name in names}


_LEG = {"leg": "VARCHAR", "tick": "BIGINT"}  # of a portfolio
_TRADED = {"symbol": "VARCHAR", "bar": "BIGINT", "side": "VARCHAR", **_LEG}
# Null where the order is the strategy's own.
_EXIT = {"reason": "VARCHAR", "moment": "VARCHAR"}
_METRICS = {
    **dict.fromkeys(("symbol", "strategy", "fill", "prices", "at_end", "rebalance"), "VARCHAR"),
    **dict.fromkeys(("params", "changes"), "JSON"),
    "path": "VARCHAR",  # a number, or the phase that traded it
    **dict.fromkeys(("trial", "trials", "paths", "splits", "windows", "out_of_sample_bars", "bars"), "BIGINT"),
    **dict.fromkeys(("start_cash", "final_equity", "total_return", "cagr", "cagr_calendar", "volatility"), "DOUBLE"),
    **dict.fromkeys(("sharpe_ratio", "sortino_ratio", "calmar_ratio", "max_drawdown"), "DOUBLE"),
    "max_drawdown_at": "TIMESTAMPTZ",
    "walk_forward_efficiency": "DOUBLE",
    "periods_per_year": "DOUBLE",
    **dict.fromkeys(("fills", "open_positions", "trades", "wins"), "BIGINT"),
    **dict.fromkeys(("commission", "exposure", "annual_turnover", "gross_profit", "gross_loss"), "DOUBLE"),
    **dict.fromkeys(("win_rate", "profit_factor", "expectancy"), "DOUBLE"),
}
_OF_A_WINDOW = ("sharpe_ratio", "total_return", "cagr", "max_drawdown", "exposure", "final_equity", "start_cash")
_WINDOW_METRICS = f"STRUCT(fills BIGINT, {', '.join(f'{name} DOUBLE' for name in _OF_A_WINDOW)})"
_WINDOW = {
    **dict.fromkeys(("window", "trials"), "BIGINT"),
    **dict.fromkeys(("train", "test"), "BIGINT[]"),
    **dict.fromkeys(("test_first", "test_last"), "TIMESTAMPTZ"),
    "params": "JSON",
    **dict.fromkeys(("in_sample", "out_of_sample"), _WINDOW_METRICS),
}
_WINDOW_COLUMNS = {
    "number": 'payload."window"',  # `window` is a word of SQL, which each query would have to quote
    **{
        f"{part}_{bound}": f"payload.{part}[{place}]"
        for part in ("train", "test")
        for place, bound in enumerate(("start", "end"), 1)
    },
    **{name: f"payload.{name}" for name in ("test_first", "test_last", "params", "trials")},
    **{
        f"{part}_{name}": f"payload.{part}.{name}"
        for part in ("in_sample", "out_of_sample")
        for name in ("fills", *_OF_A_WINDOW)
    },
}

# What events are about.
EVENT_TABLES = {
    "signals": _of_events(
        "SIGNAL",
        {
            **dict.fromkeys(("symbol", "rebalance"), "VARCHAR"),
            "bar": "BIGINT",
            **dict.fromkeys(("target", "previous", "price"), "DOUBLE"),
            **_LEG,
        },
    ),
    "orders": _of_events(
        "ORDER",
        {
            **_TRADED,
            "order_type": "VARCHAR",
            **dict.fromkeys(("target_weight", "quantity", "limit_price", "stop_price"), "DOUBLE"),
            "valid_bars": "BIGINT",
            **_EXIT,
            "price": "DOUBLE",
        },
    ),
    "fills": _of_events(
        "FILL",
        {
            **_TRADED,
            **dict.fromkeys(("quantity", "price", "commission", "slippage", "cash", "position"), "DOUBLE"),
            **_EXIT,
        },
    ),
    # A row for each that was closed.
    "positions": _of_events(
        "POSITION_CLOSE",
        {
            **dict.fromkeys(("symbol", "side"), "VARCHAR"),
            "entry_time": "TIMESTAMPTZ",
            **dict.fromkeys(("quantity", "entry_price", "exit_price", "pnl", "return", "commission"), "DOUBLE"),
            "bars_held": "BIGINT",
            "reason": "VARCHAR",
            **_LEG,
        },
    ),
    # A row for each leg of a portfolio.
    "contributions": _of_events(
        "CONTRIBUTION",
        {
            **dict.fromkeys(("leg", "symbol", "strategy"), "VARCHAR"),
            **dict.fromkeys(("weight", "pnl", "commission", "slippage", "exposure", "position", "value"), "DOUBLE"),
            "fills": "BIGINT",
        },
    ),
    # A row for each bar, with its own time instead of the event's.
    "equity": _of_events(
        "EQUITY_CURVE",
        {"symbol": "VARCHAR", "first_bar": "BIGINT", "timestamp": "TIMESTAMPTZ[]", "equity": "DOUBLE[]"},
        {
            "symbol": "payload.symbol",
            "bar": "payload.first_bar + unnest(range(len(payload.equity)))",
            "timestamp": "unnest(payload.timestamp)",
            "equity": "unnest(payload.equity)",
        },
    ),
    "metrics": _of_events("PORTFOLIO_METRICS", _METRICS),
    "windows": _of_events("WINDOW", _WINDOW, _WINDOW_COLUMNS),
    "selections": _of_events(
        "SELECTION",
        {
            "params": "JSON",
            "objective": "VARCHAR",
            "value": "DOUBLE",
            **dict.fromkeys(("trial", "trials"), "BIGINT"),
            "metrics": "JSON",
        },
    ),
    # A row for each figure of many paths.
    "distributions": _of_events(
        "DISTRIBUTION",
        {
            **dict.fromkeys(("of", "figure"), "VARCHAR"),
            **dict.fromkeys(("count", "undefined"), "BIGINT"),
            **dict.fromkeys(("mean", "standard_deviation", "minimum"), "DOUBLE"),
            **dict.fromkeys(("p05", "p25", "median", "p75", "p95", "maximum"), "DOUBLE"),
        },
    ),
    "statistics": Table(_EVENT, _named((*_FIRST, "payload", *_LAST)), "event_type = 'STATISTICS'", ("STATISTICS",)),
    "events": _plain(_EVENT),
}
# What the files beside the traces say; a state is the recorded one.
RUN_TABLES = {
    "runs": _plain(
        {
            **dict.fromkeys(("workflow_id", "workflow", "state"), "VARCHAR"),
            **dict.fromkeys(("started_at", "finished_at"), "TIMESTAMPTZ"),
            **dict.fromkeys(("strategy", "symbol", "data_file"), "VARCHAR"),
            "job": "JSON",
        }
    ),
    "phases": _plain(
        {
            **dict.fromkeys(("workflow_id", "phase", "topology", "state"), "VARCHAR"),
            **dict.fromkeys(("started_at", "finished_at"), "TIMESTAMPTZ"),
            **dict.fromkeys(("wall_s", "cpu_s"), "DOUBLE"),
            **dict.fromkeys(("peak_memory_bytes", "attempt", "events"), "BIGINT"),
            **dict.fromkeys(("digest", "request_digest", "trace"), "VARCHAR"),
            "exit_code": "BIGINT",
            **dict.fromkeys(("error_code", "error", "host"), "VARCHAR"),
        }
    ),
}
