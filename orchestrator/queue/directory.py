"""The queue directory as a database: every change of a job's state is one move, under one lock."""

import fcntl
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.queue.folders import REPORT_SUFFIX, QueueFolders, cancel_request, workflow_id_of
from orchestrator.queue.moves import move, sync_move
from orchestrator.queue.record import JobRecord, JobState, read_record
from phase_worker.contract import ConfigError, write_atomically

logger = logging.getLogger(__name__)

_REPORT_NAME = f"a workflow_id in a queue must not end in '{REPORT_SUFFIX.removesuffix('.json')}'"


class QueueDirectory:
    """Puts jobs in, finds them and moves them; safe for many processes of one machine at a time."""

    def __init__(self, root: Path, *, make: bool = True) -> None:
        self.folders = QueueFolders.open(root, make=make)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """No job changes its place meanwhile, but by the caller; held for as long as a few system calls take."""
        fd = os.open(self.folders.moves_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)

    def add(self, record: JobRecord, state: JobState) -> JobState | None:
        """Put a job in, durably; where the same job is there already, do nothing and give its state.

        Raises ConfigError (E-IDTAKEN) where another job has its workflow_id.
        """
        if record.workflow_id.endswith(REPORT_SUFFIX.removesuffix(".json")):
            raise ConfigError(f"{_REPORT_NAME}: '{record.workflow_id}'", code="E-ID")
        made = self.folders.temporary / f"{record.workflow_id}.{os.getpid()}"
        if (there := self._present(record)) is not None:  # the common case of a repetition, without writing
            return there
        write_atomically(made, record.to_json())
        try:
            with self.locked():
                if (there := self._present(record)) is None:
                    move(made, self.folders.record(state, record.workflow_id))
        finally:
            made.unlink(missing_ok=True)
        return there

    def change(
        self,
        workflow_id: str,
        allowed: dict[JobState, JobState],
        update: Callable[[JobRecord], JobRecord] = lambda record: record,
    ) -> JobState:
        """Move a job to the state that `allowed` gives for the one it is in, and give the one that it was in.

        Raises ConfigError where there is no such job (E-NOJOB) or its state is not among them (E-JOBSTATE).
        """
        with self.locked():
            state, path = self.find(workflow_id)
            if state not in allowed:
                raise ConfigError(
                    f"'{workflow_id}' is {state}. Allowed here: {', '.join(allowed)}.",
                    where=str(path),
                    code="E-JOBSTATE",
                )
            record = read_record(path)
            if (updated := update(record)) != record:
                write_atomically(path, updated.to_json())
            move(path, self.folders.record(allowed[state], workflow_id))
        path.with_name(path.name + REPORT_SUFFIX).unlink(missing_ok=True)
        return state

    def ask_to_cancel(self, workflow_id: str) -> bool:
        """Have the coordinator of an active job cancel it; False where the job is not active."""
        with self.locked():
            state, path = self.find(workflow_id)
            if state is JobState.ACTIVE:
                cancel_request(path).touch(mode=0o600)
        return state is JobState.ACTIVE

    def find(self, workflow_id: str) -> tuple[JobState, Path]:
        """The state and the record of a job; raises ConfigError (E-NOJOB)."""
        found = self.folders.find(workflow_id)
        if found is None:
            raise ConfigError(
                f"there is no job '{workflow_id}' in this queue. `daybreak queue list --all` shows those there are.",
                where=str(self.folders.root),
                code="E-NOJOB",
            )
        return found

    def purge(self, states: Iterable[JobState], before_s: float) -> int:
        """Forget what got into these states before a time (of the wall clock); gives how many jobs those were."""
        count = 0
        for state in states:
            with os.scandir(self.folders.state(state)) as entries:
                for entry in entries:
                    if entry.stat(follow_symlinks=False).st_ctime <= before_s:
                        count += not entry.name.endswith(REPORT_SUFFIX)
                        Path(entry.path).unlink(missing_ok=True)
        return count

    def _present(self, record: JobRecord) -> JobState | None:
        found = self.folders.find(record.workflow_id)
        if found is None:
            return None
        state, path = found
        try:
            other = read_record(path)
        except FileNotFoundError:  # it has moved on meanwhile; with moves locked this cannot be
            return self._present(record)
        if other.digest != record.digest:
            raise ConfigError(
                f"workflow_id '{record.workflow_id}' is taken: a job that differs, or on other data, is {state} in "
                "this queue. Use another workflow_id, or purge that one.",
                where=str(path),
                code="E-IDTAKEN",
            )
        return state


class Seat:
    """A coordinator's place in the queue: what it holds is active, as long as its process lives.

    The directory appears locked: it is made aside, and moved to its place.
    """

    def __init__(self, queue: QueueDirectory, name: str) -> None:
        self._queue = queue
        self.name = name
        self.path = queue.folders.seat(name)
        made = queue.folders.temporary / name
        made.mkdir(mode=0o700)
        self._fd = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        move(made, self.path, durable=False)

    def claim(self, record_path: Path) -> Path:
        """Take a job that is waiting; raises FileNotFoundError where another coordinator, or its owner, was faster.

        Not durable: after a power cut the job waits again, which is right.
        """
        target = self.path / record_path.name
        with self._queue.locked():
            move(record_path, target, durable=False)
        return target

    def put(self, path: Path, state: JobState, record: JobRecord | None = None) -> None:
        """Move an active job on; with a `record`, that is written first, and says where the job goes.

        Raises OSError before the move, never behind it: the job is in its new state then, also where that could not be
        synced. A power cut may undo it, and whoever reclaims the job makes it again.
        """
        target = self._queue.folders.record(state, workflow_id_of(path))
        if record is not None:
            write_atomically(path, record.to_json())
        with self._queue.locked():
            move(path, target, durable=False)
        try:
            sync_move(path, target)
            cancel_request(path).unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s: a power cut may undo its move: %s", target, error)

    def leave(self) -> None:
        """Give up the place; a job that could not be moved on is there still, and is reclaimed from there."""
        try:
            self.path.rmdir()
        except OSError as error:
            logger.warning("%s is left for the next coordinator: %s", self.path, error)
        finally:
            os.close(self._fd)
