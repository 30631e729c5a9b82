"""The data phase: reads and checks the market data once, and says what it is and what is suspicious in it."""

from collections.abc import Mapping
from typing import Any

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.components.data.bar_frequency import infer_periods_per_year
from topologies.components.data.suspicions import Suspicion, find_absences, find_suspicions
from topologies.market import load_adjusted_close, load_bars
from topologies.market_files import read_bars


@topology(name="market_data")
def market_data(context: PhaseContext) -> None:
    """Publish DATA, and a DATA_WARNING for each finding that is legal but suspicious."""
    spec = context.config["bars"]
    bars = load_bars(context, spec)
    suspicions = find_suspicions(bars, load_adjusted_close(context, spec))
    if spec.get("calendar"):
        suspicions += _absences(context, spec)
    first, last = bars.timestamp(0), bars.timestamp(len(bars) - 1)
    payload = {
        "symbol": bars.symbol,
        "sha256": spec["sha256"],
        "factors": spec.get("factors"),
        "prices": spec["prices"],
        "bars": len(bars),
        "first": first,
        "last": last,
        "periods_per_year": infer_periods_per_year(bars.time_ns),
        "warnings": len(suspicions),
    }
    context.publish("DATA", last, "data", payload)
    for suspicion in suspicions:
        timestamp = bars.timestamp(suspicion.row)
        finding = {"code": suspicion.code, "message": suspicion.message, "row": suspicion.row}
        context.publish("DATA_WARNING", timestamp, "data", finding)


def _absences(context: PhaseContext, spec: Mapping[str, Any]) -> list[Suspicion]:
    """Read from the file, since the cache does not know what was left out."""
    columns, attended = read_bars(context, spec)
    return find_absences(columns.time_ns, attended) if attended else []
