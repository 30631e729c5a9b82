"""The commands that look into a trace, as processes: what they print and how they exit."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phase_worker.events.bus import EventBus
from phase_worker.events.event import Event
from phase_worker.tracing.chain_tree import chain_tree

MakeTrace = Callable[..., Path]
ROOT = Path(__file__).parents[4]
COMMAND = [sys.executable, "-P", "-m", "phase_worker.tracing"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    environment = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def cut_off(make_trace: MakeTrace, tmp_path: Path) -> Path:
    """A trace without its seal, its last line cut off: 15 lines of 16 are complete."""
    path = tmp_path / "cut.jsonl"
    path.write_bytes(b"".join(make_trace().read_bytes().splitlines(keepends=True)[:16])[:-5])
    return path


def test_summary_is_a_table(make_trace: MakeTrace) -> None:
    path = make_trace()
    lines = [line.split() for line in run("summary", path).stdout.splitlines()]
    for expected in (["trace", str(path)], ["topology", "backtest"], ["events", "16"], ["FILL", "2"], ["broker", "2"]):
        assert expected in lines


def test_summary_as_json_is_one_document(make_trace: MakeTrace) -> None:
    result = run("summary", make_trace(), "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["event_types"]["FILL"] == 2


def test_a_compressed_trace_is_printed_like_any_other(make_trace: MakeTrace) -> None:
    plain, compressed = make_trace(), make_trace(name="run_train.jsonl.zst", compressed=True)
    assert plain.read_bytes() != compressed.read_bytes()
    for command in (("events",), ("events", "--type", "FILL"), ("chain", 3), ("verify",)):
        results = [run(command[0], path, *command[1:]) for path in (plain, compressed)]
        assert results[0].stdout == results[1].stdout != ""


def test_events_prints_the_records_as_they_are(make_trace: MakeTrace) -> None:
    path = make_trace()
    lines = path.read_text().splitlines(keepends=True)[:-1]
    assert run("events", path).stdout == "".join(lines)
    assert run("events", path, "--limit", 2).stdout == "".join(lines[:2])
    fills = [line for line in lines if '"event_type":"FILL"' in line]
    orders = [line for line in lines if '"event_type":"ORDER"' in line]
    assert run("events", path, "--type", "FILL").stdout == "".join(fills)
    assert run("events", path, "--type", "FILL", "--type", "ORDER", "--limit", 1).stdout == orders[0]
    assert run("events", path, "--source", "broker").stdout == "".join(fills)
    assert run("events", path, "--source", "broker", "--type", "ORDER").stdout == ""


def test_chain_is_a_tree_of_causes_and_effects(make_trace: MakeTrace) -> None:
    result = run("chain", make_trace(), 3)
    assert result.returncode == 0
    assert [line.partition(" 2020")[0] for line in result.stdout.splitlines()] == [
        "#1 SIGNAL",
        "└── #2 RISK_DECISION",
        "    └── #3 ORDER",
        "        └── #4 FILL",
        "            ├── #5 POSITION_OPEN",
        "            └── #6 PORTFOLIO_UPDATE",
    ]
    assert 'symbol="SPY" quantity=1.5 price=102.0' in result.stdout


def test_a_tree_may_be_deeper_than_the_interpreter_can_recurse() -> None:
    chain = [Event("X", None, "test", event_id=n, causation_id=n - 1 if n else None) for n in range(3000)]
    assert len(list(chain_tree(chain))) == 3000


def test_branches_of_a_tree_stay_under_their_cause() -> None:
    causes = {0: None, 1: 0, 2: 0, 3: 1, 4: 2}
    chain = [Event("X", None, "s", {}, event_id, cause) for event_id, cause in causes.items()]
    assert [line.removesuffix(" X - s") for line in chain_tree(chain)] == [
        "#0",
        "├── #1",
        "│   └── #3",
        "└── #2",
        "    └── #4",
    ]


def test_long_values_are_shortened_in_a_tree() -> None:
    (line,) = chain_tree([Event("EQUITY_CURVE", None, "s", {"equity": [1.0] * 1000}, 0)])
    assert len(line) < 120
    assert line.endswith("…")


def test_verify_says_ok_with_the_digest(make_trace: MakeTrace) -> None:
    path = make_trace()
    sealed = json.loads(path.read_text().splitlines()[-1])
    result = run("verify", path)
    assert (result.returncode, result.stdout) == (0, f"ok: 16 events, sha256 {sealed['sha256']}\n")
    document = json.loads(run("verify", path, "--json").stdout)
    assert document["ok"] is True
    assert document["sha256"] == sealed["sha256"]


@pytest.mark.parametrize("command", [["summary"], ["events"], ["verify"], ["chain", "1"]])
def test_a_trace_that_is_not_intact_exits_with_1_and_no_traceback(cut_off: Path, command: list[str]) -> None:
    result = run(command[0], cut_off, *command[1:])
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{cut_off}: error E-UNSEALED: the trace is not sealed")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["summary", "verify"])
def test_with_json_the_error_is_the_document(cut_off: Path, command: str) -> None:
    result = run(command, cut_off, "--json")
    document = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (1, "")
    assert (document["ok"], document["error"]["code"]) == (False, "E-UNSEALED")


def test_partial_takes_the_complete_lines(cut_off: Path) -> None:
    summary = json.loads(run("summary", cut_off, "--partial", "--json").stdout)
    assert (summary["events"], summary["traces"][0]["seal"]) == (15, None)
    assert "none" in run("summary", cut_off, "--partial").stdout
    assert len(run("events", cut_off, "--partial").stdout.splitlines()) == 15
    assert run("chain", cut_off, 1, "--partial").returncode == 0


def test_a_damaged_line_ends_the_output_with_its_offset(make_trace: MakeTrace, tmp_path: Path) -> None:
    lines = make_trace().read_bytes().splitlines(keepends=True)
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_bytes(lines[0] + b"damaged\n" + lines[1])
    result = run("summary", damaged, "--partial")
    assert result.returncode == 1
    assert f"the line at byte {len(lines[0])} is not a record" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["shred", "FILE"],
        ["summary"],
        ["summary", "/no/such/file"],
        ["summary", "/"],
        ["events", "FILE", "--limit", "-1"],
        ["events", "FILE", "--limit", "few"],
        ["chain", "FILE"],
        ["chain", "FILE", "first"],
        ["chain", "FILE", "99"],
        ["verify", "FILE", "--partial"],
    ],
)
def test_the_users_mistake_exits_with_2_and_no_traceback(make_trace: MakeTrace, arguments: list[str]) -> None:
    path = make_trace()
    result = run(*[path if argument == "FILE" else argument for argument in arguments])
    assert (result.returncode, result.stdout) == (2, "")
    assert "error" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_reader_that_goes_away_ends_the_command_without_a_word(make_trace: MakeTrace) -> None:
    def publish(bus: EventBus) -> None:
        for _ in range(20_000):
            bus.publish(Event("NOTE", None, "test", {"text": "x" * 100}))

    process: Any = subprocess.Popen(
        [*COMMAND, "events", str(make_trace(publish))],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        assert process.stdout.readline().startswith(b'{"event_type":"NOTE"')
        process.stdout.close()
        assert process.stderr.read() == b""
