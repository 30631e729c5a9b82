"""The watch over the disks sees what is full, and its reserve is room that is really there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.queue.disk import RESERVE_BYTES, DiskWatch
from tests.fakes.small_disk import fill_disk, small_disk, use_up_files


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 4 * RESERVE_BYTES, files=20) as folder:
        yield folder


def watch(queue: Path, traces: Path, min_free_bytes: int = RESERVE_BYTES) -> DiskWatch:
    return DiskWatch(queue, traces, queue / "reserve", min_free_bytes)


def test_there_is_room_until_less_is_free_than_was_asked_for(disk: Path) -> None:
    assert watch(disk, disk, 3 * RESERVE_BYTES).has_room()
    assert not watch(disk, disk, 5 * RESERVE_BYTES).has_room()
    filling = fill_disk(disk)
    assert not watch(disk, disk).has_room()
    filling.unlink()
    assert watch(disk, disk).has_room()


def test_both_disks_must_have_room(disk: Path, tmp_path: Path) -> None:
    fill_disk(disk)
    assert not watch(disk, tmp_path).has_room()
    assert not watch(tmp_path, disk).has_room()


def test_a_disk_on_which_no_file_can_be_made_has_no_room(disk: Path) -> None:
    made = use_up_files(disk)
    assert not watch(disk, disk).has_room()
    made[0].unlink()
    assert watch(disk, disk).has_room()


def test_the_reserve_is_room_for_a_record_on_a_full_disk(disk: Path) -> None:
    disks = watch(disk, disk)
    disks.keep_reserve()
    fill_disk(disk)
    with pytest.raises(OSError, match="No space left"):
        (disk / "record").write_bytes(b"x" * 5000)
    disks.release_reserve()
    assert (disk / "record").write_bytes(b"x" * (RESERVE_BYTES // 2))
    with pytest.raises(OSError, match="No space left"):
        disks.keep_reserve()
