"""What the coordinator asks of one phase process, as the file that it reads."""

import hashlib
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from phase_worker.contract.condition import Gate
from phase_worker.contract.errors import ConfigError
from phase_worker.contract.paths import RunPaths
from phase_worker.contract.plugin_files import plugin_files

SCHEMA = 2
# Part of every request's digest: raise it when the same request would give other bytes than before.
ENGINE_VERSION = 1


@dataclass(frozen=True, slots=True)
class InputTrace:
    """A sealed trace that the phase reads, and the digest of the request that must have produced it."""

    trace: Path
    request_digest: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """A file or directory of user components, and the sha256 of its code."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What the phase may use.

    `memory_bytes` bounds the private memory of each of its processes (RLIMIT_DATA), `time_s` the wall time; a sweep
    computes in `workers` processes.
    """

    memory_bytes: int
    time_s: float
    workers: int = 1


class PhaseFiles(NamedTuple):
    """The files of one attempt."""

    trace: Path
    partial: Path
    extracted: Path
    outcome: Path
    log: Path


@dataclass(frozen=True)
class PhaseRequest:
    """One phase to run.

    Only `topology`, `config`, `inputs`, the plugins' code and the `gate`, if it has one, decide the bytes of the trace,
    and so make up the `digest`; paths, limits, attempt, extractors and compression do not.
    """

    workflow_id: str
    phase: str
    topology: str
    config: dict[str, Any]
    traces_dir: Path
    limits: Limits
    inputs: dict[str, InputTrace] = field(default_factory=dict)
    extractors: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    sources: dict[str, Path] = field(default_factory=dict)  # sha256 of a data file -> where it is on this machine
    attempt: int = 1
    compressed: bool = False  # whether the trace is to be
    gate: Gate | None = None  # where it may be skipped, or reads of a phase that may be

    @cached_property
    def paths(self) -> RunPaths:
        return RunPaths(self.traces_dir, self.workflow_id, self.compressed)

    @property
    def files(self) -> PhaseFiles:
        """Where this attempt's own files are; not kept, since a coordinator holds thousands of requests."""
        paths, phase = self.paths, self.phase
        return PhaseFiles(
            trace=paths.trace(phase),
            partial=paths.partial_trace(phase, self.attempt),
            extracted=paths.extracted(phase),
            outcome=paths.outcome(phase),
            log=paths.log(phase),
        )

    @property
    def token(self) -> str:
        """Marks every process of this attempt in its environment (DAYBREAK_PHASE)."""
        return f"{self.workflow_id}.{self.phase}.{self.attempt}"

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What decides the bytes of the trace; recorded in the trace's first record."""
        return {
            "engine_version": ENGINE_VERSION,
            "topology": self.topology,
            "config": self.config,
            "inputs": {phase: source.request_digest for phase, source in self.inputs.items()},
            "plugins": [plugin.sha256 for plugin in self.plugins],
        } | ({"gate": asdict(self.gate)} if self.gate else {})

    @cached_property
    def digest(self) -> str:
        """sha256 over the JSON of `identity`; inputs count by their requests' digests (a Merkle tree).

        The order of keys counts: it is the order in which the trace has them.
        """
        return hashlib.sha256(orjson.dumps(self.identity)).hexdigest()

    def to_json(self) -> bytes:
        document = {
            "schema": SCHEMA,
            "workflow_id": self.workflow_id,
            "phase": self.phase,
            "attempt": self.attempt,
            "topology": self.topology,
            "config": self.config,
            "inputs": {p: {"trace": str(i.trace), "request_digest": i.request_digest} for p, i in self.inputs.items()},
            "extractors": self.extractors,
            "plugins": [{"path": str(p.path), "sha256": p.sha256} for p in self.plugins],
            "sources": {digest: str(path) for digest, path in self.sources.items()},
            "traces_dir": str(self.traces_dir),
            "compressed": self.compressed,
            "limits": self.limits,
            "gate": self.gate,
            "digest": self.digest,
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, content: bytes, where: str = "request") -> "PhaseRequest":
        """Parse what `to_json` wrote; raises ConfigError when the file is from another version or was changed."""
        try:
            document = orjson.loads(content)
            if document["schema"] != SCHEMA:
                raise ConfigError(f"request schema {document['schema']!r}, this version reads {SCHEMA}", where=where)
            request = cls(
                workflow_id=document["workflow_id"],
                phase=document["phase"],
                topology=document["topology"],
                config=document["config"],
                traces_dir=Path(document["traces_dir"]),
                limits=Limits(**document["limits"]),
                inputs={p: InputTrace(Path(i["trace"]), i["request_digest"]) for p, i in document["inputs"].items()},
                extractors=tuple(document["extractors"]),
                plugins=tuple(Plugin(Path(p["path"]), p["sha256"]) for p in document["plugins"]),
                sources={digest: Path(path) for digest, path in document["sources"].items()},
                attempt=document["attempt"],
                compressed=document["compressed"],
                gate=Gate.from_dict(document["gate"]) if document.get("gate") else None,
            )
            expected = document["digest"]
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"not a phase request ({type(error).__name__}: {error})", where=where) from error
        if request.digest != expected:
            raise ConfigError(
                f"the request's digest is {request.digest[:12]}, but it says {expected[:12]}: it was edited or comes "
                "from another version of Daybreak. Start the run again.",
                where=where,
            )
        return request


def plugin_digest(path: Path) -> str:
    """sha256 over the names and the content of a plugin's files."""
    digest = hashlib.sha256()
    for file in plugin_files(path):
        name = file.name if file == path else str(file.relative_to(path))
        digest.update(orjson.dumps([name, hashlib.sha256(file.read_bytes()).hexdigest()]))
    return digest.hexdigest()
