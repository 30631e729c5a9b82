"""The commands that jobs name under `on_finish`: started when a job has got its final state, and not waited for."""

import logging
import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.queue.clock import Clock
from orchestrator.queue.record import JobRecord, JobState

logger = logging.getLogger(__name__)

LIMIT_S = 60.0


@dataclass(frozen=True, slots=True)
class _Running:
    workflow_id: str
    process: "subprocess.Popen[bytes]"
    due_s: float


class FinishCommands:
    """Runs them side by side, each for at most a minute; what becomes of them changes nothing for their jobs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: list[_Running] = []

    def start(self, words: tuple[str, ...], record: JobRecord, state: JobState, run_dir: Path) -> None:
        """Run a command in the run's directory, with DAYBREAK_* in its environment and its output in a file there."""
        variables = {
            "DAYBREAK_WORKFLOW_ID": record.workflow_id,
            "DAYBREAK_STATE": str(state),
            "DAYBREAK_REASON": record.reason.replace("\0", ""),
            "DAYBREAK_RUN_DIR": str(run_dir),
            "DAYBREAK_SOURCE": record.source,
        }
        try:
            run_dir.mkdir(parents=True, exist_ok=True)
            with (run_dir / "on_finish.log").open("ab") as log:
                process = subprocess.Popen(
                    words,
                    cwd=run_dir,
                    env=os.environ | variables,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:
            logger.warning("%s: its on_finish cannot be run: %s", record.workflow_id, error)
        else:
            self._running.append(_Running(record.workflow_id, process, self._clock.monotonic_s() + LIMIT_S))

    def poll(self) -> None:
        """Take notice of those that have ended, and end those that take too long."""
        still = []
        for command in self._running:
            code = command.process.poll()
            if code is None and self._clock.monotonic_s() >= command.due_s:
                with suppress(ProcessLookupError):
                    os.killpg(command.process.pid, signal.SIGKILL)
                code = command.process.wait()
                logger.warning("%s: its on_finish took longer than %g s", command.workflow_id, LIMIT_S)
            if code is None:
                still.append(command)
            elif code:
                logger.warning("%s: its on_finish ended with code %d", command.workflow_id, code)
        self._running = still

    def wait(self) -> None:
        """Wait until the last has ended."""
        while self._running:
            self.poll()
            self._clock.sleep(0.05)
