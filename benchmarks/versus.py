"""`make bench-peers`: Daybreak and what you would use instead, in turn, on the same work."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.daybreak_programs import engine, whole
from benchmarks.environments import environment
from benchmarks.jobs import backtest_job, bars_csv, sweep_job, walk_forward_job
from benchmarks.measure import (
    Field,
    Program,
    ProgramFailed,
    Run,
    cpu_s,
    fact,
    in_turn,
    measure,
    middle,
    ratio,
    said,
    wall_s,
)
from benchmarks.places import PEERS
from benchmarks.tables import mebibytes, seconds, table, times

_ENGINE_CPU_S = fact("engine_cpu_s")


@dataclass(frozen=True, slots=True)
class Exercise:
    """One workload of one size: our job, and what a peer's script is told."""

    title: str
    script_name: str
    bars: int
    make_job: Callable[[], Path]
    make_on_bar_job: Callable[[], Path] | None = None


def _backtest(bars: int) -> Exercise:
    return Exercise(
        f"W1, {bars:,} bars",
        "w1",
        bars,
        lambda: backtest_job(bars),
        lambda: backtest_job(bars, strategy="sma_on_bar"),
    )


EXERCISES = [
    _backtest(10_000),
    _backtest(100_000),
    _backtest(1_000_000),
    Exercise("W2, 400 combinations", "w2", 10_000, sweep_job),
    Exercise("W3, 10 windows × 50", "w3", 10_000, walk_forward_job),
]


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer, by the name of its environment and of its script, without the exercises that take it ten minutes."""

    name: str
    title: str
    leaves_out: tuple[str, ...] = ()

    def program(self, exercise: Exercise) -> Program:
        python = environment(self.name) / "python"
        words = [PEERS / f"run_{self.name}.py", exercise.script_name, bars_csv(exercise.bars)]
        return Program(self.title, [str(python), *map(str, words)], said)


PEERS_OF_OURS = [
    Peer("vectorbt", "vectorbt 1.2.0, Rust engine"),
    Peer("backtesting", "backtesting.py 0.6.6"),
    Peer("nautilus", "NautilusTrader 1.221.0"),
    Peer("pybroker", "PyBroker 2.0.2"),
    Peer("backtrader", "backtrader 1.9.78", ("w2",)),
]


@dataclass(frozen=True, slots=True)
class Match:
    """The runs of one exercise by Daybreak, by its engine alone, by its strategy with `on_bar`, and by a peer."""

    exercise: Exercise
    peer: Peer
    ours: list[Run]
    alone: list[Run]
    on_bar: list[Run]
    theirs: list[Run]


def matches(rounds: int, budget_s: float = 60.0) -> list[Match]:
    """Every peer with every exercise; a peer that cannot be installed is left out, and said so."""
    return [match for peer in PEERS_OF_OURS if _is_installed(peer) for match in _of_peer(peer, rounds, budget_s)]


def tables(found: Sequence[Match]) -> str:
    """A table per exercise: first Daybreak, over all matches, then the peers with the ratios of their rounds."""
    texts = []
    for exercise in EXERCISES:
        rows = [match for match in found if match.exercise is exercise]
        if rows:
            texts.append(_table(exercise, rows))
    return "\n\n".join(texts)


def short_table(found: Sequence[Match]) -> str:
    """The cpu time of whole processes, in seconds, and how many times ours a peer's is."""
    peers = [peer for peer in PEERS_OF_OURS if any(match.peer is peer for match in found)]
    rows = []
    for exercise in EXERCISES:
        of_peer = {match.peer.name: match for match in found if match.exercise is exercise}
        ours = [run for match in of_peer.values() for run in match.ours]
        cells = [_short_cell(of_peer.get(peer.name)) for peer in peers]
        rows.append([exercise.title, f"**{seconds(middle(ours, cpu_s))}**", *cells])
    return table(["", "Daybreak", *(peer.title for peer in peers)], rows)


def _short_cell(match: Match | None) -> str:
    return f"{seconds(middle(match.theirs, cpu_s))} ({times(ratio(match.theirs, match.ours, cpu_s))})" if match else "–"


def _is_installed(peer: Peer) -> bool:
    try:
        environment(peer.name)
    except subprocess.CalledProcessError as error:
        print(f"{peer.title} cannot be installed: {error}", file=sys.stderr)
        return False
    return True


def _of_peer(peer: Peer, rounds: int, budget_s: float) -> Iterator[Match]:
    for exercise in EXERCISES:
        if exercise.script_name in peer.leaves_out:
            continue
        print(f"{exercise.title}: {peer.title}", file=sys.stderr)
        job = exercise.make_job()
        programs = [whole(job), engine(job), peer.program(exercise)]
        if exercise.make_on_bar_job:
            programs.append(whole(exercise.make_on_bar_job()))
        try:
            if exercise is EXERCISES[0] or peer.name == "vectorbt":
                for program in programs:
                    measure(program)  # what is compiled and cached once is not counted
            ours, alone, theirs, *on_bar = in_turn(programs, rounds, budget_s)
        except ProgramFailed as error:
            print(error, file=sys.stderr)
            continue
        yield Match(exercise, peer, ours, alone, on_bar[0] if on_bar else [], theirs)


def _table(exercise: Exercise, rows: Sequence[Match]) -> str:
    ours = [run for match in rows for run in match.ours]
    alone = [run for match in rows for run in match.alone]
    header = [
        exercise.title,
        "cpu",
        "wall",
        "engine, cpu",
        "peak",
        "result",
        "cpu to ours",
        "wall to ours",
        "engine to ours",
        "cpu to our `on_bar`",
        "rounds",
    ]
    peak = fact("peak_bytes")
    first = ["**Daybreak**, sealed trace", *_measured(ours, alone), mebibytes(middle(ours, peak)), _result(ours[0])]
    return table(header, [[*first, "", "", "", "", str(len(ours))], *(_row(match) for match in rows)])


def _row(match: Match) -> list[str]:
    ours, theirs = match.ours, match.theirs
    peak = mebibytes(middle(theirs, lambda run: run.peak_bytes))
    return [
        match.peer.title,
        *_measured(theirs, theirs),
        peak,
        _result(theirs[0], ours[0]),
        times(ratio(theirs, ours, cpu_s)),
        times(ratio(theirs, ours, wall_s)),
        times(ratio(theirs, match.alone, _ENGINE_CPU_S)),
        times(ratio(theirs, match.on_bar, cpu_s)) if match.on_bar else "",
        str(len(theirs)),
    ]


def _measured(runs: Sequence[Run], alone: Sequence[Run]) -> Iterator[str]:
    fields: list[tuple[Sequence[Run], Field]] = [(runs, cpu_s), (runs, wall_s), (alone, _ENGINE_CPU_S)]
    return (seconds(middle(side, of)) for side, of in fields)


def _result(run: Run, ours: Run | None = None) -> str:
    """Fills and equity; of a sweep, how many of the equities are ours."""
    if "equities" in run.facts and ours is not None:
        if "equities" not in ours.facts:
            return ""
        pairs = list(zip(run.facts["equities"], ours.facts["equities"], strict=True))
        return f"{sum(abs(theirs - own) < 0.005 for theirs, own in pairs)} of {len(pairs)} equal"
    return f"{run.facts['fills']:,} fills, {run.facts['final_equity']:,.2f}"
