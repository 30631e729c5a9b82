"""The workflow signal_generate_and_replay makes signals once and trades them under every setting."""

from pathlib import Path

from orchestrator.workflows.signal_generate_and_replay import signal_generate_and_replay
from tests.fakes.planned_runs import bounds, facts, new_job

REPLAYS = [{"execution": {"fill": "next_close"}}, {"risk": {"max_weight": 0.5}}]


def test_every_replay_reads_the_one_generation(tmp_path: Path) -> None:
    planned = signal_generate_and_replay(new_job(tmp_path, "signal_generate_and_replay", replays=REPLAYS), facts(500))
    assert [(phase.name, phase.topology, phase.depends_on) for phase in planned] == [
        ("generate", "signal_generation", ()),
        ("replay-01", "signal_replay", ("generate",)),
        ("replay-02", "signal_replay", ("generate",)),
        ("replay", "signal_replay", ("generate",)),
    ]
    assert {bounds(phase) for phase in planned} == {(0, 500)}
    assert planned[1].config["strategy"] == {"name": "sma_cross", "signals_from": "generate"}
    fills = [phase.config["execution"]["fill"] for phase in planned[1:]]
    assert fills == ["next_close", "next_open", "next_open"]
    assert [phase.config["risk"]["max_weight"] for phase in planned[1:]] == [1.0, 0.5, 1.0]


def test_a_replay_says_what_it_changes_in_the_job_s_own_settings(tmp_path: Path) -> None:
    replays = [
        {"execution": {"fill": "next_close", "commission": {"bps": 5}}},
        {"risk": {"sizing": "fixed_shares", "params": {"quantity": 10}}},
        {"execution": {"fill": "next_open"}},
    ]
    planned = signal_generate_and_replay(new_job(tmp_path, "signal_generate_and_replay", replays=replays), facts(500))
    assert [phase.config["changes"] for phase in planned[1:]] == [
        {"execution.fill": "next_close", "execution.commission.bps": 5.0},
        {"risk.sizing": "fixed_shares", "risk.params.quantity": 10.0},
        {},
        {},
    ]


def test_signals_are_kept_whatever_the_trace_level(tmp_path: Path) -> None:
    job = new_job(tmp_path, "signal_generate_and_replay", trace={"level": "metrics", "bars": True})
    generate, replay = signal_generate_and_replay(job, facts(500))
    assert generate.config["trace"] == {"level": "full", "bars": False}
    assert replay.config["trace"] == {"level": "metrics", "bars": True}
