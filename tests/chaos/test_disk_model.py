"""The model of a disk loses what a power cut may take, and keeps what was made durable."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.disk_model import DiskModel, Model, State
from tests.chaos.faults import Call, Role

NOTHING, NAMES, CONTENTS = 0, 1, 2  # the first three states: nothing unsynced survived, all names, all contents


class Disk:
    """A folder whose changes the model is told of before each is made, as by the supervisor."""

    def __init__(self, folder: Path, model: Model) -> None:
        self.folder = folder
        self._model = DiskModel(folder, model)

    def do(self, name: str, file: str, change: Callable[[Path], object] = lambda path: None) -> None:
        self._model.observe(Call(Role.PHASE, name, (Path(file),), changes=True, creates=False, pid=1))
        change(self.folder / file)

    def write(self, file: str, content: bytes) -> None:
        self.do("write", file, lambda path: path.write_bytes(content))

    def rename(self, file: str, target: str) -> None:
        self.do("rename", file, lambda path: path.rename(self.folder / target))

    def after_cut(self) -> list[State]:
        self._model.finish()
        return [state for _, state in self._model.states(seed=0)]


@pytest.mark.parametrize("model", ["journal", "posix"])
def test_a_rename_without_fsync_may_leave_an_empty_file(tmp_path: Path, model: Model) -> None:
    disk = Disk(tmp_path, model)
    disk.write("tmp", b"all of it")
    disk.rename("tmp", "final")
    assert disk.after_cut()[:3] == [{}, {"final": b""}, {}]


@pytest.mark.parametrize("model", ["journal", "posix"])
def test_what_file_and_directory_were_synced_for_is_there_in_every_state(tmp_path: Path, model: Model) -> None:
    disk = Disk(tmp_path, model)
    disk.write("tmp", b"all of it")
    disk.do("fsync", "tmp")
    disk.rename("tmp", "final")
    disk.do("fsync", ".")
    assert disk.after_cut() == [{"final": b"all of it"}] * 4


def test_names_in_an_unsynced_directory_are_lost_by_posix_and_kept_by_a_journal(tmp_path: Path) -> None:
    lost = {}
    models: tuple[Model, ...] = ("journal", "posix")
    for model in models:
        (tmp_path / model).mkdir()
        disk = Disk(tmp_path / model, model)
        disk.do("mkdir", "sub", os.mkdir)
        disk.write("sub/file", b"content")
        disk.do("fsync", "sub/file")
        disk.do("fsync", "sub")
        lost[model] = disk.after_cut()[NOTHING]
    assert lost == {"journal": {"sub": None, "sub/file": b"content"}, "posix": {}}


def test_a_rename_from_one_directory_to_another_never_loses_both_names(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    (tmp_path / "old" / "file").write_bytes(b"content")
    disk = Disk(tmp_path, "posix")
    disk.rename("old/file", "new/file")
    disk.do("fsync", "old")
    assert all(state.get("new/file") == b"content" for state in disk.after_cut())
