"""What one task of a submission runs, as a file: the requests of its phases."""

from collections.abc import Sequence
from pathlib import Path

from phase_worker.contract import PhaseRequest

_SEPARATOR = b"\x1e"  # as in a sequence of JSON texts, RFC 7464


def write_task(path: Path, submission: int, requests: Sequence[PhaseRequest]) -> None:
    """The submission's number first, then each request as its own file has it."""
    path.write_bytes(_SEPARATOR.join([b"%d\n" % submission, *(request.to_json() for request in requests)]))


def read_task(path: Path) -> tuple[int, list[PhaseRequest]]:
    """The submission's number and the requests; raises ConfigError where the file is from another version."""
    number, *documents = path.read_bytes().split(_SEPARATOR)
    return int(number), [PhaseRequest.from_json(document, where=str(path)) for document in documents]
