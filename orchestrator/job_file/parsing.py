"""Reads a job file, which may be hostile, as a tree of nodes that know their lines."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import yaml

from orchestrator.job_file.errors import Place, Report, printable, shown
from orchestrator.job_file.scalars import ScalarError, checked, find_forbidden, resolve
from orchestrator.job_file.tree import MAX_DEPTH, UNREADABLE, Node

MAX_BYTES = 64 * 1024
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its scanner and parser are used: nothing is constructed


def read_job_file(path: Path, report: Report) -> Node:
    """The tree of a job file; raises JobErrors at once where the file cannot be read at all."""
    place = Place(printable(str(path)))
    return parse_yaml(read_bytes(path, place, report), place.source, report)


def read_bytes(path: Path, place: Place, report: Report) -> bytes:
    """The content of a job file; raises JobErrors where it is no regular file of one name, or too big."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            report.stop("E-FILETYPE", place, "a job must be a regular file, not a symbolic link or a socket")
        report.stop("E-NOFILE", place, f"the job file cannot be opened: {error.strerror}")
    except ValueError as error:
        report.stop("E-NOFILE", place, f"this cannot be the name of a file: {error}")
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            report.stop("E-FILETYPE", place, "a job must be a regular file, not a directory, pipe or device")
        if status.st_nlink != 1:
            report.stop("E-FILETYPE", place, f"the file has {status.st_nlink} names (hard links): copy it instead")
        with open(fd, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    finally:
        os.close(fd)
    if len(content) > MAX_BYTES:
        report.stop("E-TOOBIG", place, f"the file has more than {MAX_BYTES // 1024} KiB, the most that a job may have")
    return content


def parse_yaml(content: bytes, source: str, report: Report) -> Node:
    """The tree of a YAML document; raises JobErrors at once where its syntax or depth forbids reading on."""
    text = _decode(content, source, report)
    try:
        return _TreeBuilder(text, source, report).document()
    # Where libyaml is absent, PyYAML's own scanner lets ValueError and OverflowError through, as for "\UFFFFFFFF".
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
        hint = " (a tab: indent with spaces)" if tab else ""
        report.stop("E-YAML", _place(source, mark), f"not YAML: {getattr(error, 'problem', error)}{hint}")


def _place(source: str, mark: Any) -> Place:
    return Place(source, mark.line + 1, mark.column + 1) if mark else Place(source, 1, 1)


def _decode(content: bytes, source: str, report: Report) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        report.stop("E-ENCODING", _end_of(before, source), f"byte 0x{content[error.start]:02x} is not UTF-8")
    if found := find_forbidden(text):
        place = _end_of(text[: found.start()], source)
        report.stop("E-ENCODING", place, f"control character {found[0]!r} is not allowed")
    return text


def _end_of(text: str, source: str) -> Place:
    return Place(source, text.count("\n") + 1, len(text) - text.rfind("\n"))


class _TreeBuilder:
    """Builds nodes from YAML's event stream, which is flat: depth is limited here, before anything recurses."""

    def __init__(self, text: str, source: str, report: Report) -> None:
        self._events = yaml.parse(text, Loader=_LOADER)
        self._source = source
        self._report = report

    def document(self) -> Node:
        next(self._events)  # the start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return Node(None, Place(self._source, 1, 1), Place(self._source, 1, 1))
        root = self._node(next(self._events), 1)
        next(self._events)  # the end of the document
        if not isinstance(end := next(self._events), yaml.StreamEndEvent):
            self._report.stop("E-DOCUMENTS", self._at(end), "a second document starts here: one job is one document")
        return root

    def _at(self, event: Any) -> Place:
        return _place(self._source, event.start_mark)

    def _node(self, event: Any, depth: int, key_place: Place | None = None) -> Node:
        place = self._at(event)
        if event.anchor:
            self._report.add("E-ALIAS", place, "anchors and aliases are not allowed: write the value out")
        value: Any = UNREADABLE
        match event:
            case yaml.ScalarEvent():
                value = self._scalar(event, plain=event.implicit[0])
            case yaml.CollectionStartEvent() if depth > MAX_DEPTH:
                self._report.stop("E-DEPTH", place, f"nested more than {MAX_DEPTH} deep")
            case yaml.SequenceStartEvent():
                value = self._sequence(depth)
            case yaml.MappingStartEvent():
                value = self._mapping(depth)
        if getattr(event, "tag", None):
            self._report.add("E-TAG", place, f"the tag {shown(event.tag)} is not allowed: only plain data is")
            value = UNREADABLE
        return Node(value, place, key_place or place)

    def _scalar(self, event: Any, *, plain: bool) -> Any:
        try:
            return checked(resolve(event.value) if plain else event.value)
        except ScalarError as error:
            self._report.add(error.code, self._at(event), str(error))
            return UNREADABLE

    def _sequence(self, depth: int) -> list[Node]:
        nodes = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            nodes.append(self._node(event, depth + 1))
        return nodes

    def _mapping(self, depth: int) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key, key_place = self._key(event, depth), self._at(event)
            node = self._node(next(self._events), depth + 1, key_place)
            if key in nodes:
                first = nodes[key].key_place
                message = f"duplicate key {shown(key)} (first at {first.line}:{first.column})"
                self._report.add("E-DUPKEY", key_place, message)
            elif key is not UNREADABLE:
                nodes[key] = node
        return nodes

    def _key(self, event: Any, depth: int) -> Any:
        """A key, always as text: what is no text is UNREADABLE."""
        if isinstance(event, yaml.ScalarEvent):
            if event.value == "<<" and event.implicit[0]:
                self._report.add("E-MERGE", self._at(event), "merge keys are not allowed: write the values out")
                return UNREADABLE
            if not event.tag and not event.anchor:
                return self._scalar(event, plain=False)
        self._report.add("E-SCHEMA", self._at(event), "a key must be text, without tag or anchor")
        self._node(event, depth + 1)
        return UNREADABLE
