"""Checks what a schema cannot tell of a job: that its files are there, and that its sections fit together."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestrator.job_file.errors import KeyPath, printable, shown
from orchestrator.job_file.tree import TreeReport
from phase_worker.contract import check_workflow_id, did_you_mean, zstd

_LONGEST_NAME = 64  # of a time zone; looking for what resembles a longer word is of no use, and slow


@dataclass(frozen=True, slots=True)
class PathRules:
    """Relative paths start at `start`; where there are `allowed_roots`, every path must lie in one of them."""

    start: Path
    allowed_roots: Sequence[Path] | None

    def existing(self, text: str, path: KeyPath, problems: TreeReport, *, plugin: bool = False) -> Path | None:
        """The absolute path of the file, or `plugin`, that `text` names, without links; None where it may not be."""
        file = Path(os.path.realpath(self.start / text))
        if self.allowed_roots is not None:
            roots = [Path(os.path.realpath(root)) for root in self.allowed_roots]
            if not any(file.is_relative_to(root) for root in roots):
                allowed = ", ".join(map(str, roots)) or "none"
                problems.add("E-PATH", path, f"{printable(str(file))} is outside of the allowed roots: {allowed}")
                return None
        try:
            mode = file.stat().st_mode
        except OSError as error:
            message = f"{printable(str(file))}: {error.strerror}. Relative paths start at {self.start}"
            problems.add("E-NOFILE", path, message)
            return None
        # A plugin is read whole, here: it must not be a file of data.
        if (stat.S_ISREG(mode) and (file.suffix == ".py" or not plugin)) or (plugin and stat.S_ISDIR(mode)):
            return file
        wanted = "neither a .py file nor a directory" if plugin else "not a regular file"
        problems.add("E-FILETYPE", path, f"{printable(str(file))} is {wanted}")
        return None


def check_id(workflow_id: str | None, problems: TreeReport) -> None:
    """Report a workflow_id that is not safe as the name of a file."""
    if workflow_id is not None:
        with problems.catching(("workflow_id",)):
            check_workflow_id(workflow_id)


def check_data(data: Mapping[str, Any], problems: TreeReport, path: KeyPath = ("data",)) -> None:
    """Report a time zone that does not exist, and adjusted prices without what they are adjusted by."""
    if zone := data["timezone"]:
        from zoneinfo import ZoneInfo, available_timezones  # noqa: PLC0415 -- few jobs name one

        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            message = (
                f"there is no time zone {shown(zone)}. {did_you_mean(zone[:_LONGEST_NAME], available_timezones())}"
            )
            problems.add("E-SCHEMA", (*path, "timezone"), message)
    if data["prices"] == "split" and not data["factors"]:
        problems.add("E-SCHEMA", (*path, "prices"), "prices: split needs data.factors, the file they are adjusted by")
    if data["prices"] == "raw" and data["factors"]:
        message = "raw prices are not adjusted: leave out data.factors, or say prices: split or total_return"
        problems.add("E-SCHEMA", (*path, "factors"), message)


def find_data(data: dict[str, Any], paths: PathRules, problems: TreeReport, path: KeyPath = ("data",)) -> None:
    """Put the absolute paths of its files in their places; None where one may not be read."""
    for key in ("file", "factors"):
        if data[key]:
            data[key] = paths.existing(data[key], (*path, key), problems)


def check_windows(windows: Mapping[str, Any], problems: TreeReport) -> None:
    """Report test windows that overlap, so that bars would count twice, and train windows of which nothing is left."""
    train, test, step, purge = (windows[key] for key in ("train", "test", "step", "purge"))
    if step and test and step < test:
        problems.add("E-SCHEMA", ("windows", "step"), f"expected at least {test}, the length of a test, got {step}")
    if purge and train and purge >= train:
        problems.add("E-SCHEMA", ("windows", "purge"), f"expected less than {train}, the length of train, got {purge}")


def check_installed(values: Mapping[str, Any], problems: TreeReport) -> None:
    """Report what needs a package that is not installed: a compression, a test of the statistics."""
    if values["trace"]["compress"] == "zst":
        with problems.catching(("trace", "compress")):
            zstd()
    if values["statistics"]["spa"] and find_spec("arch") is None:
        message = "needs the package arch, which is not installed. Install it: pip install 'daybreak[arch]'"
        problems.add("E-NOARCH", ("statistics", "spa"), message)
