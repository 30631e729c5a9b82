"""What the traces of a run say, as far as its page tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from phase_worker.events.event import Event
from phase_worker.tracing.query import TraceQuery

Payload = dict[str, Any]

_OF_ALL = (
    "TRACE_OPEN",
    "PHASE_SKIPPED",
    "PORTFOLIO_METRICS",
    "SELECTION",
    "POSITION_CLOSE",
    "DATA",
    "DATA_WARNING",
    "STATISTICS",
)
_OF_RESULT = (*_OF_ALL, "WINDOW", "EQUITY_CURVE", "DISTRIBUTION", "CONTRIBUTION")


@dataclass(slots=True)
class PhaseTrace:
    """The payloads of one phase by their type, in order; of trades the time of the exit too, as `exit_time`."""

    name: str
    found: dict[str, list[Payload]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        payload = event.payload
        if event.event_type == "POSITION_CLOSE":
            payload = payload | {"exit_time": event.timestamp}
        self.found.setdefault(event.event_type, []).append(payload)

    def all(self, event_type: str) -> list[Payload]:
        return self.found.get(event_type, [])

    def last(self, event_type: str) -> Payload:
        """Empty where there is none."""
        return self.all(event_type)[-1] if self.all(event_type) else {}

    @property
    def opening(self) -> Payload:
        return self.found["TRACE_OPEN"][0]

    @property
    def topology(self) -> str:
        return str(self.opening["topology"])

    @property
    def config(self) -> Payload:
        config: Payload = self.opening["config"]
        return config


@dataclass(frozen=True, slots=True)
class RunTraces:
    """All phases of a run in its order; `result` is the one whose figures are the run's."""

    phases: dict[str, PhaseTrace]
    result: PhaseTrace

    @property
    def metrics(self) -> Payload:
        return self.result.last("PORTFOLIO_METRICS")

    @property
    def data(self) -> PhaseTrace:
        return self.phases["data"]

    @property
    def skipped(self) -> dict[str, str]:
        """Why, by phase."""
        found = ((name, phase.last("PHASE_SKIPPED")) for name, phase in self.phases.items())
        return {name: str(skipped["reason"]) for name, skipped in found if skipped}

    @property
    def sweeps(self) -> list[PhaseTrace]:
        """The phases that tried sets of parameters."""
        return [
            phase
            for phase in self.phases.values()
            if phase.topology == "parameter_sweep" and phase.name not in self.skipped
        ]

    @property
    def trades(self) -> list[Payload]:
        """The closed trades of the result, or else of the phases that it was made of, in order of their exit."""
        sources = [self.result, *(self.phases[name] for name in self.result.opening["inputs"])]
        found = self.result.all("POSITION_CLOSE") or [t for phase in sources for t in phase.all("POSITION_CLOSE")]
        return sorted(found, key=lambda trade: str(trade["exit_time"]))

    @property
    def windows(self) -> list[Payload]:
        """A walk-forward's windows; of one split its only one; else none."""
        if windows := self.result.all("WINDOW"):
            return windows
        chosen = self.phases.get(self.result.config.get("strategy", {}).get("params_from", ""))
        trained = self._trained(chosen) if chosen else None
        if chosen is None or trained is None or not self._apart(trained):
            return []
        selection, bars = chosen.last("SELECTION"), self.result.config["bars"]
        times = self.result.last("EQUITY_CURVE")["timestamp"]
        return [
            {
                "window": 1,
                "train": [trained.config["bars"]["start"], trained.config["bars"]["end"]],
                "test": [bars["start"], bars["end"]],
                "test_first": times[0],
                "test_last": times[-1],
                "params": selection["params"],
                "trials": selection["trials"],
                "in_sample": selection["metrics"],
                "out_of_sample": self.metrics,
            }
        ]

    @property
    def chosen_in_sample(self) -> bool:
        """Whether the result trades bars that its own parameters were chosen on."""
        return "params_from" in self.result.config.get("strategy", {}) and not self.windows

    def _trained(self, chosen: PhaseTrace) -> PhaseTrace | None:
        """The phase on whose bars a selection chose: itself where it has bars, else the first that it read."""
        if "bars" in chosen.config:
            return chosen
        return next((phase for name in chosen.opening["inputs"] if (phase := self.phases.get(name))), None)

    def _apart(self, trained: PhaseTrace) -> bool:
        return bool(trained.config["bars"]["end"] <= self.result.config["bars"]["start"])


def read_traces(inputs: Mapping[str, TraceQuery], result: str) -> RunTraces:
    """Read each trace once, and of what there is much of only what the page shows."""
    phases = {}
    for name, query in inputs.items():
        phases[name] = phase = PhaseTrace(name)
        for event in query.iter_events(event_type=_OF_RESULT if name == result else _OF_ALL):
            phase.take(event)
    return RunTraces(phases, phases[result])
