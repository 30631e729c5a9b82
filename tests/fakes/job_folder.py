"""A directory of job files with the data and the plugin that they name."""

import re
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from orchestrator.job import Job, JobErrors, parse_job

COMPONENTS = Path(__file__).with_name("job_components.py")

SMALLEST = """\
workflow: flow_fake
strategy: cross_fake
data: {file: SPY.csv}
plugins: [plugin.py]
"""


def changed(**keys: str) -> str:
    """The smallest job with these keys, their values in YAML."""
    lines = dict(line.split(": ", 1) for line in SMALLEST.splitlines()) | keys
    return "".join(f"{key}: {value}\n" for key, value in lines.items())


@dataclass(frozen=True)
class JobFolder:
    """`path` holds SPY.csv, without bars, and plugin.py."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> "JobFolder":
        (path / "SPY.csv").touch()
        copyfile(COMPONENTS, path / "plugin.py")
        return cls(path)

    def parse(self, text: str, **options: Any) -> Job:
        """The job of a job file with this text."""
        (self.path / "job.yaml").write_text(text)
        return parse_job(self.path / "job.yaml", **options)

    def problems(self, text: str, **options: Any) -> list[str]:
        """What is wrong with it, one line each; the job file is called `job.yaml`."""
        with pytest.raises(JobErrors) as caught:
            self.parse(text, **options)
        return [re.sub(r"^\S*/job\.yaml", "job.yaml", line) for line in str(caught.value).splitlines()]
