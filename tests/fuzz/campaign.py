"""A campaign: feeds fuzzed files to reader processes, and counts what becomes of them."""

import hashlib
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fakes.vendor_files import COMPRESSIONS
from tests.fuzz.data_inputs import gzip_files, parquet_files, texts, zip_files, zst_files
from tests.fuzz.job_inputs import FILES, job_texts
from tests.fuzz.mutation import mutated, seeds
from tests.fuzz.reader import NAMES

ROOT = Path(__file__).parents[2]
_PATIENCE_S = 60.0  # of wall time; the limit that counts is one of processor time, which the reader sets itself
_LAST_S = 5.0  # between the end of a reader's output and its own
_BATCH = 250
_GENERATE_ONLY: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}

STRUCTURED: dict[str, Callable[[], st.SearchStrategy[bytes]]] = {
    "job": lambda: job_texts().map(lambda text: text.encode(errors="surrogatepass")),
    "csv": lambda: texts,
    "gz": gzip_files,
    "zst": zst_files,
    "zip": zip_files,
    "parquet": parquet_files,
}
SHARES = {"job": 20, "csv": 40, "gz": 10, "zst": 8, "zip": 10, "parquet": 12}
_PACKED = {"gz": ".csv.gz", "zst": ".csv.zst", "zip": ".zip"}


@dataclass(slots=True)
class Tally:
    """What became of the inputs of one kind from one source; `failures` name the files that were kept."""

    verdicts: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    peak_bytes: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        return self.verdicts.total()


class Reader:
    """A reader process, started again after each death."""

    def __init__(self, kind: str, folder: Path, command: list[str] | None = None) -> None:
        own = [sys.executable, "-W", "error", "-m", "tests.fuzz.reader", kind, str(folder)]
        self._command = command or own
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, content: bytes) -> dict[str, Any]:
        """What the process answers; or the verdict `hung` or `crashed`, when it does not."""
        if self._process is None:
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(len(content).to_bytes(4) + content)
            self._process.stdin.flush()
            if select.select([self._process.stdout], [], [], _PATIENCE_S)[0] and (
                line := self._process.stdout.readline()
            ):
                answer: dict[str, Any] = orjson.loads(line)
                return answer
        except BrokenPipeError:
            pass
        return self._post_mortem()

    def _post_mortem(self) -> dict[str, Any]:
        assert self._process is not None
        try:
            code = self._process.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            code = 0
        self.close()
        if code in (0, -signal.SIGPROF):
            return {"verdict": "hung"}
        return {"verdict": "crashed", "detail": f"exit code {code}"}

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None


def make_folder(folder: Path) -> None:
    """What job files can name."""
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()


def structured(kind: str, count: int, seed_number: int) -> Iterator[bytes]:
    """Inputs that hypothesis makes along the structure of the kind."""
    while count > 0:
        found: list[bytes] = []

        @seed(seed_number)
        @settings(max_examples=min(count, _BATCH), **_GENERATE_ONLY)
        @given(content=STRUCTURED[kind]())
        def collect(content: bytes) -> None:
            found.append(content)  # noqa: B023  called within the loop

        collect()
        yield from found[:count]
        count, seed_number = count - len(found), seed_number + 1


def damaged(kind: str, count: int, seed_number: int) -> Iterator[bytes]:
    """Inputs that the mutator makes of the corpus; of compressed files also such as are damaged inside."""
    random, corpus, inner = Random(seed_number), seeds(kind), seeds("csv")
    for number in range(count):
        if kind in _PACKED and number % 2:
            yield COMPRESSIONS[_PACKED[kind]](mutated("csv", inner, random))
        else:
            yield mutated(kind, corpus, random)


SOURCES = {"structure": structured, "bytes": damaged}


def run_campaign(
    count: int, seed_number: int, folder: Path, keep: Path, progress: Callable[[str], None]
) -> dict[tuple[str, str], Tally]:
    """Read `count` inputs in all; those that fail are kept in the directory `keep`. By kind and source."""
    tallies = {}
    make_folder(folder)
    for kind, share in SHARES.items():
        reader = Reader(kind, folder)
        for source, make in SOURCES.items():
            wanted = count * share // 100 // len(SOURCES)
            tallies[kind, source] = tally = Tally()
            for content in make(kind, wanted, seed_number * 1_000_003):
                _note(tally, reader, content, keep / f"{hashlib.sha256(content).hexdigest()[:12]}-{NAMES[kind]}")
                if tally.inputs % 2_000 == 0:
                    progress(f"{kind} from {source}: {tally.inputs}, {len(tally.failures)} failures")
        reader.close()
    return tallies


def _note(tally: Tally, reader: Reader, content: bytes, file: Path) -> None:
    answer = reader.read(content)
    verdict = answer["verdict"]
    tally.verdicts[verdict] += 1
    if verdict in ("raised", "hung", "crashed"):
        again = reader.read(content)["verdict"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        tally.failures.append(f"{file}: {verdict}, again {again}: {answer.get('detail', '')}")
    tally.slowest_s = max(tally.slowest_s, answer.get("cpu_s", 0.0))
    tally.peak_bytes = max(tally.peak_bytes, answer.get("peak_bytes", 0))
