"""Warm start: phases as forks of one preloaded server, which is started with the first of them."""

import os
import socket
from contextlib import suppress
from typing import Any

import orjson

from orchestrator.executors.phase_process import Ending
from orchestrator.executors.server_process import ServerProcess
from phase_worker.contract.errors import TransientError
from phase_worker.contract.process_marks import run_mark
from phase_worker.contract.request import PhaseRequest

_ANSWER_BYTES = 4096


class WarmProcess:
    """A phase that the fork server is the parent of."""

    def __init__(self, server: "WarmStart", pid: int, pidfd: int) -> None:
        self._server = server
        self._pid = pid
        self._pidfd = pidfd

    @property
    def pid(self) -> int:
        return self._pid

    def fileno(self) -> int:
        return self._pidfd

    def reap(self) -> Ending:
        """Have the server collect the process; its code is unknown if the server is gone."""
        os.close(self._pidfd)
        return self._server.reap(self._pid)

    def release(self) -> None:
        os.close(self._pidfd)
        self._server.release(self._pid)


class WarmStart:
    """Starts phases by a fork server of its own, which may be running already; `close` ends the server.

    All that descends from the server has one DAYBREAK_RUN in its environment: `mark`, else the first phase's run's.
    """

    def __init__(self, server: ServerProcess | None = None, *, mark: str | None = None) -> None:
        self._server = server
        self._mark = mark
        self._marked = False

    @property
    def server_pid(self) -> int | None:
        return self._server.pid if self._server else None

    def __call__(self, request: PhaseRequest, log_fd: int) -> WarmProcess:
        """Fork `request`'s process; raises TransientError when the server cannot."""
        message = orjson.dumps({"start": str(request.paths.request(request.phase)), "token": request.token})
        try:
            connection = self._served(request)
            socket.send_fds(connection, [message], [log_fd])
            answer, descriptors, _, _ = socket.recv_fds(connection, _ANSWER_BYTES, 1)
            return WarmProcess(self, int(answer), descriptors[0])
        except (OSError, IndexError, ValueError) as error:
            self.close()
            raise TransientError(f"the fork server does not start or answer: {error}", where=request.phase) from error

    def reap(self, pid: int) -> Ending:
        """How a process that has ended ended."""
        if self._server is None:
            return Ending(None)
        try:
            self._server.connection.send(orjson.dumps({"reap": pid}))
            answer: dict[str, Any] = orjson.loads(self._server.connection.recv(_ANSWER_BYTES))
            return Ending(answer["exit_code"], answer["cpu_s"])
        except (OSError, ValueError):
            self.close()
            return Ending(None)

    def release(self, pid: int) -> None:
        """Have a process collected that has ended, without waiting for the server."""
        if self._server is not None:
            with suppress(OSError):  # the server is gone, and the process with it
                self._server.connection.send(orjson.dumps({"release": pid}))

    def close(self) -> None:
        """End the server, and with it whatever it forked that still runs."""
        if self._server is not None:
            self._server.end()
        self._server, self._marked = None, False

    def _served(self, request: PhaseRequest) -> socket.socket:
        """The connection to a server that carries the mark of the request's run."""
        self._server = self._server or ServerProcess()
        if not self._marked:
            self._server.connection.send(orjson.dumps({"run": self._mark or run_mark(request.paths.run_dir)}))
            self._marked = True
        return self._server.connection
