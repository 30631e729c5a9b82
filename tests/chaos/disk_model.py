"""A model of what a power cut leaves of a directory: what was made durable by fsync, and any of the rest.

The content of a file is durable as it was at its last fsync, and empty before the first. Names follow a model:

- `journal`, as ext4, xfs and btrfs are: names change on disk in the order in which they changed, and any fsync makes
  durable all that changed before it.
- `posix`, the least that is promised: a name is durable when its own directory was fsynced after the change, and of
  other changes any may survive without those before them. A rename is atomic: the old name does not go without the new
  one coming.

Each cut has several states: nothing survived that need not, all names, all contents, and a mixture drawn by a seed,
with torn contents. What there was at first counts as durable. Not in the model: disks that lie about what they wrote.
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from tests.chaos.faults import Call

ROOT_ID = 0
Content = bytes
Model = Literal["journal", "posix"]
State = dict[str, Content | None]  # path → content, None for a directory


class Part(NamedTuple):
    """A name in a directory comes to mean another file, or (None) goes."""

    directory: int
    name: str
    file: int | None


@dataclass(slots=True, eq=False)
class Change:
    """What one system call did to names; `durable` are the parts that a power cut cannot take back."""

    parts: list[Part]
    durable: set[Part] = field(default_factory=set)

    def sync(self, directory: int) -> None:
        """The directory was fsynced."""
        parts = {part for part in self.parts if part.directory == directory}
        if any(part.file is None for part in parts):  # the old name does not go without the new one
            parts = set(self.parts)
        self.durable |= parts


class DiskModel:
    """Follows a directory from one system call to the next; files get ids of their own, since inodes are used again."""

    def __init__(self, folder: Path, model: Model) -> None:
        self._folder = folder
        self._model = model
        self._ids: dict[int, int] = {folder.stat().st_ino: ROOT_ID}
        self._names: dict[tuple[int, str], int] = {}
        self._directories = {ROOT_ID}
        self._contents: dict[int, Content] = {}
        self._stamps: dict[int, tuple[int, int]] = {}
        self._durable_contents: dict[int, Content] = {}
        self._changes: list[Change] = []
        self._syncing: dict[int, list[int]] = {}  # by pid: what its fsync, under way, makes durable
        self._next_id = ROOT_ID + 1
        self._look()
        self._sync_names()
        self._durable_contents |= self._contents

    def observe(self, call: Call) -> None:
        """To be called before each call: the one before it, of the same process, has been done by now."""
        self._look()
        for file in self._syncing.pop(call.pid, ()):
            self._sync(file)
        if call.name in {"fsync", "fdatasync"}:
            self._syncing[call.pid] = [found for path in call.files if (found := self._id_of(path)) is not None]

    def finish(self) -> None:
        """The processes have ended; an fsync that was the last call of one has been done too."""
        self._look()
        for files in self._syncing.values():
            for file in files:
                self._sync(file)
        self._syncing.clear()

    def states(self, seed: int) -> Iterator[tuple[str, State]]:
        """What a power cut now may leave, by the name of the case."""
        dice = random.Random(seed)
        yield "nothing that was not synced", self._state(lambda _: False, self._durable_content)
        yield "all names, contents as synced", self._state(lambda _: True, self._durable_content)
        yield "names as synced, all contents", self._state(lambda _: False, self._contents.__getitem__)
        yield (
            f"a mixture ({seed})",
            self._state(self._survivors(dice).__contains__, lambda file: self._torn(file, dice)),
        )

    def _survivors(self, dice: random.Random) -> list[Change]:
        if self._model == "posix":
            return [change for change in self._changes if dice.random() < 0.5]
        return self._changes[: dice.randint(0, len(self._changes))]

    def _state(self, survives: Callable[[Change], bool], content: Callable[[int], Content]) -> State:
        names: dict[tuple[int, str], int | None] = {}
        for change in self._changes:
            parts = change.parts if survives(change) else [part for part in change.parts if part in change.durable]
            names.update({(part.directory, part.name): part.file for part in parts})
        return dict(self._walk_state(ROOT_ID, "", names, content))

    def _walk_state(
        self, directory: int, prefix: str, names: dict[tuple[int, str], int | None], content: Callable[[int], Content]
    ) -> Iterator[tuple[str, Content | None]]:
        for (parent, name), file in names.items():
            if parent != directory or file is None:
                continue
            if file in self._directories:
                yield prefix + name, None
                yield from self._walk_state(file, f"{prefix}{name}/", names, content)
            else:
                yield prefix + name, content(file)

    def _durable_content(self, file: int) -> Content:
        return self._durable_contents.get(file, b"")

    def _torn(self, file: int, dice: random.Random) -> Content:
        now, durable = self._contents[file], self._durable_content(file)
        return dice.choice([now, durable, max(durable, now[: dice.randint(0, len(now))], key=len)])

    def _sync_names(self) -> None:
        for change in self._changes:
            change.durable |= set(change.parts)

    def _sync(self, file: int) -> None:
        if self._model == "journal":
            self._sync_names()
        if file in self._directories:
            for change in self._changes:
                change.sync(file)
        else:
            self._durable_contents[file] = self._contents[file]

    def _look(self) -> None:
        """Compare the directory with how it was; all names that differ make one change."""
        seen: dict[tuple[int, str], int] = {}
        self._walk(self._folder, ROOT_ID, seen)
        parts = [Part(*place, file) for place, file in seen.items() if self._names.get(place) != file]
        parts += [Part(directory, name, None) for directory, name in self._names if (directory, name) not in seen]
        if parts:
            self._changes.append(Change(parts))
        self._names = seen
        alive = {ROOT_ID, *seen.values()}
        self._ids = {inode: file for inode, file in self._ids.items() if file in alive}

    def _walk(self, folder: Path, directory: int, seen: dict[tuple[int, str], int]) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                stat = entry.stat(follow_symlinks=False)
                file = self._ids.setdefault(stat.st_ino, self._next_id)
                self._next_id += file == self._next_id
                seen[directory, entry.name] = file
                if entry.is_dir(follow_symlinks=False):
                    self._directories.add(file)
                    self._walk(Path(entry.path), file, seen)
                elif self._stamps.get(file) != (stamp := (stat.st_size, stat.st_mtime_ns)):
                    self._contents[file] = Path(entry.path).read_bytes()
                    self._stamps[file] = stamp

    def _id_of(self, path: Path) -> int | None:
        found: int | None = ROOT_ID
        for name in path.parts:
            found = None if found is None else self._names.get((found, name))
        return found


def build(state: State, folder: Path, *, was: Path, now: Path) -> None:
    """Make `folder`, which is empty, what the state says; files that name a path below `was` name it below `now`."""
    for name, content in state.items():
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content.replace(os.fsencode(was), os.fsencode(now)))
