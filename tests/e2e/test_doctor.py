"""`daybreak doctor`: a line per finding, advice below it, and an exit code."""

import json
from pathlib import Path

from tests.fakes.command_line import daybreak


def test_where_nothing_is_bad_the_exit_code_is_0(tmp_path: Path) -> None:
    finished = daybreak(tmp_path, "doctor", "--json")
    assert finished.returncode == 0, finished.stdout
    document = json.loads(finished.stdout)
    assert document["schema"] == 1
    assert {finding["verdict"] for finding in document["findings"]} <= {"ok", "warn"}
    assert document["findings"][-1]["topic"] == "trial run"


def test_what_is_bad_gets_advice_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs").chmod(0o777)
    finished = daybreak(tmp_path, "doctor")
    assert finished.returncode == 1
    lines = finished.stdout.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("bad   queue: mode")]
    assert lines[at + 1].strip() == "others could run jobs as you: say `chmod go-w jobs`"
    assert lines[-1].endswith("1 bad")
    assert "\x1b" not in finished.stdout
