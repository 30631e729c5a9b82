"""How a run is put onto a cluster: what its site needs, and what its user asks for."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from orchestrator.job_file.edits import edited
from orchestrator.job_file.errors import Report
from orchestrator.job_file.kinds import Many, Quantity, Section, Text, Whole
from orchestrator.job_file.parsing import read_job_file
from orchestrator.job_file.schema import BYTE_UNITS, SECOND_UNITS
from orchestrator.job_file.tree import TreeReport, mapping_tree
from orchestrator.job_file.validation import Validation


def _seconds(doc: str) -> Quantity:
    return Quantity(doc, default=None, low=0.001, high=3.2e8, unit="seconds", units=SECOND_UNITS, example="90m")


PLACEMENT = Section(
    "A site file.",
    {
        "shape": Text(
            "allocation: one scheduler job for the whole run; graph: jobs and arrays that wait for each other.",
            default="auto",
            options=("auto", "allocation", "graph"),
        ),
        "partition": Text("The partition or queue.", default=None),
        "account": Text("The account or project.", default=None),
        "qos": Text("The quality of service.", default=None),
        "time": _seconds("Time limit of each scheduler job; by default from resources.time."),
        "memory": Quantity(
            "Memory of each scheduler job; by default slots times resources.memory.",
            default=None,
            low=2**20,
            high=2**50,
            unit="bytes",
            units=BYTE_UNITS,
            example="16GiB",
        ),
        "slots": Whole("Processors of each scheduler job; by default 4, in shape graph 1.", default=None, low=1),
        "nodes": Whole("Array tasks at a time, in shape graph.", default=None, low=1),
        "group": Whole("Windows, or chains of phases, in each array task.", default=None, low=1),
        "array_limit": Whole("Tasks in one array; Slurm's MaxArraySize less one.", default=1000, low=1),
        "phase_time": _seconds("How long a phase takes, for the choice of shape and group."),
        "prologue": Many("Lines of shell before the command: modules, a virtual environment.", Text("A line.")),
        "options": Many("More options for the script's header.", Text("Such as --constraint=epyc.")),
        "launcher": Text("What the command is started by, such as a container's exec.", default=None),
        "omit": Many("Words that the site forbids on the submission.", Text("Such as --kill-on-invalid-dep=yes.")),
    },
)


@dataclass(frozen=True, slots=True)
class Placement:
    """See PLACEMENT for what each means; None is for what is to be found out."""

    shape: str
    partition: str | None
    account: str | None
    qos: str | None
    time_s: float | None
    memory_bytes: int | None
    slots: int | None
    nodes: int | None
    group: int | None
    array_limit: int
    phase_time_s: float | None
    prologue: tuple[str, ...]
    options: tuple[str, ...]
    launcher: str | None
    omit: tuple[str, ...]


def site_file(given: str | None = None) -> Path | None:
    """The site file that was named, or the one in $DAYBREAK_SITE."""
    name = given or os.environ.get("DAYBREAK_SITE")
    return Path(name) if name else None


def read_placement(site: Path | None = None, wishes: Mapping[str, str] = MappingProxyType({})) -> Placement:
    """A site file, if there is one, with the user's wishes (YAML values by key) laid over it.

    Raises JobErrors with everything that is wrong with them.
    """
    report = Report()
    root = edited(read_job_file(site, report) if site else mapping_tree({}, report), wishes, report)
    values = Validation(TreeReport(root, report), lambda _: None).value(PLACEMENT, root)
    report.raise_any()
    memory_bytes = values.pop("memory")
    return Placement(
        **values
        | {
            "time_s": values.pop("time"),
            "phase_time_s": values.pop("phase_time"),
            "memory_bytes": None if memory_bytes is None else int(memory_bytes),
        }
    )
