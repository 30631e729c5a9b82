"""An independent judge of what a run has left on disk: shares no code with what it judges."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("lost", "torn", "published twice", "executed again", "hung", "survivors")


@dataclass(slots=True)
class Verdict:
    """What is wrong, by kind; the words say where."""

    found: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def add(self, kind: str, words: str) -> None:
        self.found[kind].append(words)

    @property
    def good(self) -> bool:
        return not any(self.found.values())

    def __str__(self) -> str:
        return "; ".join(f"{kind}: {', '.join(words)}" for kind, words in self.found.items() if words) or "good"


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A file under a trace's final name: which file it is, and what is in it."""

    inode: int
    sha256: str


def digest_of(trace: Path) -> str:
    """The sha256 in the seal; raises ValueError if that is not what stands before it."""
    content = trace.read_bytes()
    body, newline, seal_line = content.removesuffix(b"\n").rpartition(b"\n")
    seal = json.loads(seal_line)
    body += newline
    if not content.endswith(b"\n") or seal.get("event_type") != "SEAL" or seal.get("status") != "completed":
        raise ValueError("no seal")
    if (len(body), body.count(b"\n"), hashlib.sha256(body).hexdigest()) != (
        seal["size_bytes"],
        seal["events"],
        seal["sha256"],
    ):
        raise ValueError("the seal does not match")
    return str(seal["sha256"])


def sealed_files(traces: Path) -> dict[str, SealedFile]:
    """All that has a trace's final name."""
    return {
        path.name: SealedFile(path.stat().st_ino, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in traces.glob("*.jsonl")
    }


def judge_traces(traces: Path, expected: Mapping[str, str], verdict: Verdict, *, complete: bool) -> None:
    """Every trace verifies and says what it does undisturbed (name → digest); `complete`: none is missing."""
    for path in sorted(traces.glob("*.jsonl")):
        try:
            digest = digest_of(path)
        except (ValueError, KeyError) as error:
            verdict.add("torn", f"{path.name} ({error})")
        else:
            if expected.get(path.name, digest) != digest:
                verdict.add("torn", f"{path.name} says another thing than undisturbed")
    if complete:
        for name in sorted(set(expected) - {path.name for path in traces.glob("*.jsonl")}):
            verdict.add("lost", name)


def judge_stability(before: Mapping[str, SealedFile], after: Mapping[str, SealedFile], verdict: Verdict) -> None:
    """What once had a trace's final name has it still, and is the same file."""
    for name, file in before.items():
        if name not in after:
            verdict.add("lost", f"{name} was there")
        elif after[name] != file:
            verdict.add("published twice", name)


def judge_executions(log: Path, verdict: Verdict, *, once: bool = False) -> None:
    """No phase was executed when its sealed trace was there; `once`: nor after it was executed in vain."""
    lines = log.read_text().splitlines() if log.exists() else []
    executions = Counter(line.rpartition(" ")[0] for line in lines)
    for phase, count in sorted(executions.items()):
        if f"{phase} sealed" in lines or (once and count > 1):
            verdict.add("executed again", phase)


STATES = ("new", "active", "deferred", "done", "failed", "held", "bad", "cancelled")


def places_of(queue: Path) -> dict[str, list[str]]:
    """The state folders in which each job's record is."""
    places: dict[str, list[str]] = {}
    for state in STATES:
        for path in (queue / state).glob("*/*.json" if state == "active" else "*.json"):
            if not path.name.endswith(".error.json") and not path.name.startswith("."):
                places.setdefault(path.stem, []).append(state)
    return places


def judge_places(queue: Path, allowed: Mapping[str, Collection[str]], verdict: Verdict) -> None:
    """Each job is in exactly one state folder, and in one of those allowed for it."""
    places = places_of(queue)
    for name, states in allowed.items():
        found = places.get(name, [])
        if len(found) != 1 or found[0] not in states:
            verdict.add("lost", f"{name} is in {found}, not in {' or '.join(states)}")
    for seat in (queue / "active").glob("*"):
        verdict.add("lost", f"{seat.name} is left in active")
