"""Tasks without work for luigi: each makes a file, in a worker's process of its own."""

import json
import sys
from pathlib import Path
from typing import Any

import luigi

TASKS: dict[str, list[str]] = json.loads(Path(sys.argv[1]).read_bytes())


class OneTask(luigi.Task):
    """Makes a file after those that it depends on have made theirs."""

    name = luigi.Parameter()

    def requires(self) -> list[Any]:
        return [OneTask(name=needed) for needed in TASKS[self.name]]

    def output(self) -> Any:
        return luigi.LocalTarget(f"done/{self.name}")

    def run(self) -> None:
        with self.output().open("w"):
            pass


finished = luigi.build([OneTask(name=name) for name in TASKS], workers=2, local_scheduler=True, log_level="WARNING")
sys.exit(not finished)
