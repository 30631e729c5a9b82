"""The replays of a job: each has the job's own settings with some laid over them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.job_file.choices import Commission, Execution, OrderTerms, Replay, Risk
from orchestrator.job_file.components import Catalogue, parameter_values
from orchestrator.job_file.errors import KeyPath
from orchestrator.job_file.schema import REPLAY
from orchestrator.job_file.tree import Node, TreeReport
from orchestrator.job_file.validation import Validation


def replay_choices(problems: TreeReport, validation: Validation, catalogue: Catalogue) -> tuple[Replay, ...]:
    """One for each of the job's `replays`; to be called when nothing else of the job is wrong."""
    listed = problems.root.get(("replays",))
    choices = []
    for index, node in enumerate(listed.value if listed and listed.value else ()):
        path: KeyPath = ("replays", index)
        values = validation.value(REPLAY, _settings(problems.root, node).overlaid(node), path)
        choices.append(
            Replay(execution_choice(values["execution"]), risk_choice(values["risk"], path, catalogue, problems))
        )
    return tuple(choices)


def execution_choice(values: Mapping[str, Any]) -> Execution:
    """Of the values of a section `execution`."""
    parts = {"commission": Commission(**values["commission"]), "order": OrderTerms(**values["order"])}
    return Execution(**{**values, **parts})


def risk_choice(values: Mapping[str, Any], path: KeyPath, catalogue: Catalogue, problems: TreeReport) -> Risk:
    """Of the values of the section `risk` at `path`, with a value for each parameter of its sizer."""
    sizer, given = catalogue.find("sizer", values["sizing"]), values["params"] or {}
    params = parameter_values(sizer.parameters, given, (*path, "risk", "params"), problems) if sizer else {}
    return Risk(**{**values, "params": params})


def _settings(job: Node, replay: Node) -> Node:
    """What of the job's nodes a replay goes by; the parameters of a sizer mean nothing to another one."""
    kept = {name: job.value[name] for name in REPLAY.fields if name in job.value and job.value[name].value}
    if "risk" in kept and replay.get(("risk", "sizing")):
        kept["risk"] = kept["risk"].without("params")
    return replace(job, value=kept)
