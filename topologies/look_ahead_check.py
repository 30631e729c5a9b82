"""The look-ahead check: trials decide again without the bars after a cut, and with noise in their place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from phase_worker.discovery import topology
from phase_worker.topology_builder import PhaseContext
from topologies.bars import Bars, FloatArray
from topologies.components.strategies.intent import compute_targets, intent_changes
from topologies.market import load_bars
from topologies.regimes import codes_of

# Cuts at arbitrary bars, and as many right after bars at which some trial changes its intent: who sees one bar ahead
# betrays himself nowhere else.
_CUTS = 24
# No cut leaves less than this share of the bars: a strategy need not cope with less than it is ever given.
_SHORTEST = 0.1
# What looks ahead does so within these; more would take long for strategies that are asked bar by bar.
_MOST_BARS = 20_000
_MOST_TRIALS = 40
_SEED = 20_020_402

Decide = Callable[[Bars], FloatArray]


@topology(name="look_ahead_check")
def look_ahead_check(context: PhaseContext) -> None:
    """Publish a LOOK_AHEAD_CHECK for each of `config.trials` (of more than 40: evenly chosen), over `config.bars`.

    Its `finding` is None where no decision up to a cut changes with what comes after it, to the last bit. Else it names
    the first bar whose decision was seen to change: `what` the bars after the `cut` were, and both targets.
    """
    bars = load_bars(context, context.config["bars"])
    bars = bars.until(min(len(bars), _MOST_BARS))
    trials = _evenly(context.config["trials"], _MOST_TRIALS)
    deciding = [_decider(context, trial) for trial in trials]
    decided = [decide(bars) for decide in deciding]
    cuts = _cuts(decided, len(bars))
    findings = _compare(bars, deciding, decided, cuts)
    for number, trial in enumerate(trials):
        finding = findings.get(number)
        counted = {"bars": len(bars), "cuts": len(cuts), "all_trials": len(context.config["trials"])}
        payload = {**trial, **counted, "finding": finding}
        context.publish("LOOK_AHEAD_CHECK", bars.timestamp(len(bars) - 1), "look_ahead_check", payload)


def _decider(context: PhaseContext, trial: Mapping[str, Any]) -> Decide:
    """Of a classifier, which says `regimes`, what it decides are their numbers."""
    if "regimes" in trial:
        spec = {"classifier": trial["strategy"], "params": trial["params"], "regimes": trial["regimes"]}
        return lambda bars: codes_of(context.registry, spec, bars).astype(np.float64)
    factory = context.registry.get("strategy", trial["strategy"]).factory
    return lambda bars: compute_targets(factory, trial["params"], bars)


def _evenly(trials: Sequence[Any], count: int) -> list[Any]:
    """`count` of the trials, the first and the last among them; all where there are no more."""
    if len(trials) <= count:
        return list(trials)
    return [trials[number * (len(trials) - 1) // (count - 1)] for number in range(count)]


def _cuts(decided: Sequence[FloatArray], n: int) -> list[int]:
    """How many bars are known at each cut, in order."""
    generator = np.random.default_rng(_SEED)
    shortest = _shortest(n)
    changed = np.unique(np.concatenate([intent_changes(targets, shortest, n - 1)[0] for targets in decided])) + 1
    anywhere = np.arange(shortest, n)
    chosen = [generator.choice(bars, min(_CUTS, len(bars)), replace=False) for bars in (changed, anywhere)]
    return [int(cut) for cut in np.unique(np.concatenate(chosen))]


def _shortest(n: int) -> int:
    return max(1, int(n * _SHORTEST))


def _compare(
    bars: Bars, deciding: Sequence[Decide], decided: Sequence[FloatArray], cuts: Sequence[int]
) -> dict[int, dict[str, Any]]:
    """The findings by number of the trial; trials that share features share them at each cut too."""
    found: dict[int, dict[str, Any]] = {}
    for cut in cuts:
        futures = _other_futures(bars, cut)
        for number, decide in enumerate(deciding):
            if number not in found and (finding := _difference(decide, decided[number], bars, cut, futures)):
                found[number] = _earliest(decide, decided[number], bars, finding)
    return found


def _other_futures(bars: Bars, cut: int) -> dict[str, Bars]:
    """The same bars up to the `cut`, after it none, or such times noise: one factor a bar, so that highs stay high."""
    price, volume = np.ones(len(bars)), np.ones(len(bars))
    price[cut:], volume[cut:] = np.random.default_rng([_SEED, cut]).lognormal(0.0, 0.5, (2, len(bars) - cut))
    prices = {name: getattr(bars, name) * price for name in ("open", "high", "low", "close")}
    return {"missing": bars.until(cut), "noise": replace(bars, **prices, volume=bars.volume * volume)}


def _difference(
    decide: Decide, decided: FloatArray, bars: Bars, cut: int, futures: Mapping[str, Bars]
) -> dict[str, Any] | None:
    """The first decision before the `cut` that is another when the bars after it are."""
    for what, future in futures.items():
        again = decide(future)[:cut]
        changed = np.flatnonzero(decided[:cut].view(np.int64) != again.view(np.int64))
        if len(changed):
            bar = int(changed[0])
            return {
                "bar": bar,
                "timestamp": bars.timestamp(bar),
                "target": float(decided[bar]),
                "target_then": float(again[bar]),
                "cut": cut,
                "what": what,
            }
    return None


def _earliest(decide: Decide, decided: FloatArray, bars: Bars, finding: dict[str, Any]) -> dict[str, Any]:
    """The first finding that halving the bars before one leads to."""
    low = _shortest(len(bars)) - 1
    while (cut := (low + finding["bar"] + 1) // 2) > low:
        earlier = _difference(decide, decided, bars, cut, _other_futures(bars, cut))
        if earlier is None:
            low = cut
        else:
            finding = earlier
    return finding
