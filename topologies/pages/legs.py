"""The section of a portfolio's legs: what each has contributed to the account."""

from phase_worker.contract.html_page import Markup, element, table
from topologies.pages.run_traces import RunTraces

_HEADER = ("Leg", "Symbol", "Strategy", "Weight", "Gain", "Fills", "Commission", "Exposure", "Value at the end")


def legs_section(traces: RunTraces) -> Markup | None:
    """None where the result is of one strategy on one symbol."""
    rows = [
        [
            leg["leg"],
            leg["symbol"],
            leg["strategy"],
            f"{leg['weight']:.2%}",
            element("span", f"{leg['pnl']:,.2f}", class_="bad" if leg["pnl"] < 0.0 else "good"),
            f"{leg['fills']:,}",
            f"{leg['commission']:,.2f}",
            f"{leg['exposure']:.2%}",
            f"{leg['value']:,.2f}",
        ]
        for leg in traces.result.all("CONTRIBUTION")
    ]
    return table(_HEADER, rows, caption="What each leg has contributed", left=3) if rows else None
