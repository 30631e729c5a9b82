"""The end of a run as text: its results, or what failed."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.result_tables import result_tables

TYPE_CHECKING = False  # `daybreak status` needs no more of an outcome than its attributes
if TYPE_CHECKING:
    from typing import Any

    from phase_worker.contract import PhaseOutcome

_MOST_SKIPPED = 20  # that a report tells of one by one
FAILED = frozenset({"failed", "timed_out"})  # the states of phases that need a look


def progress_line(outcome: PhaseOutcome) -> str:
    """One phase that ended."""
    used = outcome.resources
    cost = f"{used.wall_s:7.2f} s {used.peak_memory_bytes / 2**20:6.0f} MiB" if used.wall_s else ""
    line = f"{outcome.phase:<16} {outcome.status:<10} {cost}"
    reason = f"\n  {outcome.error.message}" if outcome.error else ""
    return line.rstrip() + reason


def run_report(result: Mapping[str, Any]) -> str:
    """The result document for a person to read; it ends in the Sharpe ratio where there is one."""
    phases = result["results"]["phase_results"]
    parts = []
    if warnings := [text for phase in phases.values() for text in phase["warnings"]]:
        parts.append("Suspicious in the data:\n" + "\n".join(f"  {text}" for text in warnings))
    if not result["success"]:
        parts.append(failure_report(phases))
        return "\n\n".join(parts)
    if skipped := [name for name, phase in phases.items() if phase["status"] == "skipped"]:
        reasons = [f"  {name}: {phases[name]['error']['message']}" for name in skipped[:_MOST_SKIPPED]]
        more = [f"  and {len(skipped) - _MOST_SKIPPED} more"] if skipped[_MOST_SKIPPED:] else []
        parts.append("\n".join(["Skipped:", *reasons, *more]))
    if result["result_phase"] is None:
        return "\n\n".join(parts)
    return "\n\n".join([*parts, *result_tables(result["summary"], phases[result["result_phase"]], phases.values())])


def failure_report(phases: Mapping[str, Any]) -> str:
    """Which phases failed and why; what they made impossible is only counted."""
    failed = {name: phase for name, phase in phases.items() if phase["status"] in FAILED}
    lines = [f"{name} {phase['status']}: {phase['error']['message']}" for name, phase in failed.items()]
    skipped = sum(phase["status"] == "skipped" for phase in phases.values())
    done = sum(phase["status"] == "completed" for phase in phases.values())
    return "\n".join([*lines, f"{done} phases completed, {len(failed)} failed, {skipped} skipped"])
