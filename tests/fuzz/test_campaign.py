"""A short campaign: whatever is read is accepted or rejected in time, and a reader that is lost is noticed."""

import sys
from pathlib import Path

import pytest

from tests.fuzz.campaign import SHARES, SOURCES, Reader, run_campaign

INPUTS = 800


def test_fuzzed_inputs_are_accepted_or_rejected_in_time(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "read").mkdir()
    tallies = run_campaign(INPUTS, 1, tmp_path / "read", tmp_path / "kept", lambda _line: None)
    assert [failure for tally in tallies.values() for failure in tally.failures] == []
    assert set(tallies) == {(kind, source) for kind in SHARES for source in SOURCES}
    assert sum(tally.inputs for tally in tallies.values()) == INPUTS
    for tally in tallies.values():
        assert tally.verdicts["accepted"] > 0
        assert len(tally.verdicts) > 2


@pytest.mark.parametrize(
    ("content", "verdict"),
    [(b"workflow: backtest\n", "E-SCHEMA"), (b"[" * 60_000, "E-DEPTH"), (b"#" * 70_000, "E-TOOBIG")],
)
def test_a_reader_answers_with_the_code(tmp_path: Path, content: bytes, verdict: str) -> None:
    reader = Reader("job", tmp_path)
    assert reader.read(content)["verdict"] == verdict
    reader.close()


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
        ("signal.setitimer(signal.ITIMER_PROF, 0.05)\nwhile True: pass", "hung"),
    ],
)
def test_a_reader_that_dies_is_noticed(tmp_path: Path, code: str, verdict: str) -> None:
    program = f"import os, signal, sys\nsys.stdin.buffer.read(1)\n{code}"
    reader = Reader("job", tmp_path, command=[sys.executable, "-c", program])
    assert reader.read(b"content")["verdict"] == verdict
    assert reader.read(b"again")["verdict"] == verdict
