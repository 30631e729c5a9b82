"""One task of a submission, run by a scheduler: `python -m orchestrator.cluster.task TASKS-DIRECTORY INDEX`.

It ends with 0 when all its phases have completed, so that the scheduler starts what waits for it, and only then.
"""

import sys
from pathlib import Path

from orchestrator.ending_signals import exit_on_signals
from orchestrator.executors.server_process import early_server


def main(arguments: list[str]) -> int:
    """The exit code: 0, or 1 when a phase did not complete."""
    exit_on_signals("what is not sealed is left for `daybreak cluster resubmit`")
    server = early_server()

    from orchestrator.cluster.task_run import run_task

    return run_task(Path(arguments[0], f"{arguments[1]}.json"), server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
