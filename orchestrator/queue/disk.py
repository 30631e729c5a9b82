"""The disks that the queue and the traces are on: room to work, and a reserve for when there is none."""

import os
from pathlib import Path

RESERVE_BYTES = 1 << 20


class DiskWatch:
    """`min_free_bytes` must be free on both, or nothing is started."""

    def __init__(self, queue_dir: Path, traces_dir: Path, reserve: Path, min_free_bytes: int) -> None:
        self._folders = (queue_dir, traces_dir)
        self._reserve = reserve
        self._min_free_bytes = min_free_bytes

    def has_room(self) -> bool:
        return all(_free_bytes(folder) >= self._min_free_bytes for folder in self._folders)

    def keep_reserve(self) -> None:
        """Take the reserve, unless it is there; raises OSError where there is no room."""
        fd = os.open(self._reserve, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(fd).st_blocks * 512 < RESERVE_BYTES:
                os.posix_fallocate(fd, 0, RESERVE_BYTES)
        finally:
            os.close(fd)

    def release_reserve(self) -> None:
        """Give it up, so that there is room to record what happened."""
        self._reserve.unlink(missing_ok=True)


def _free_bytes(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize if status.f_favail or not status.f_files else 0
