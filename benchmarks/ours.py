"""`make bench`: Daybreak alone, against the limits of the machine."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.daybreak_programs import engine, script, whole
from benchmarks.jobs import backtest_job, sweep_job, walk_forward_job
from benchmarks.measure import Run, cpu_s, fact, in_turn, middle, ratio, wall_s
from benchmarks.tables import mebibytes, seconds, table, times

_TITLES: dict[str, Callable[[], Path]] = {
    "W1, 10,000 bars": lambda: backtest_job(10_000),
    "W1, 100,000 bars": lambda: backtest_job(100_000),
    "W1, 1,000,000 bars": lambda: backtest_job(1_000_000),
    "W1, 1,000,000 bars, `on_bar` in Python": lambda: backtest_job(1_000_000, strategy="sma_on_bar"),
    "W2, 400 combinations": sweep_job,
    "W3, 10 windows × 50 combinations": walk_forward_job,
}


def workloads(rounds: int) -> str:
    """Each workload as a whole and in the engine alone, and what it comes to."""
    header = ["", "cpu", "wall", "phases", "largest phase", "engine alone, cpu", "wall", "fills", "final equity"]
    rows = []
    for title, make_job in _TITLES.items():
        job = make_job()
        run, alone = in_turn([whole(job), engine(job)], rounds)
        facts = run[0].facts
        rows.append(
            [
                title,
                seconds(middle(run, cpu_s)),
                seconds(middle(run, wall_s)),
                str(facts["phases"]),
                mebibytes(middle(run, fact("peak_bytes"))),
                seconds(middle(alone, fact("engine_cpu_s"))),
                seconds(middle(alone, fact("engine_wall_s"))),
                f"{facts['fills']:,}",
                f"{facts['final_equity']:,.2f}",
            ]
        )
    return table(header, rows)


def limits(rounds: int) -> str:
    """The engine on W1 against bare numpy that writes as many bytes, and the writing of a trace against orjson."""
    (alone,) = in_turn([engine(backtest_job(1_000_000))], rounds)
    (writing,) = in_turn([script("trace_writing", "500000")], rounds)
    numpy_cpu_s, writing_cpu_s = middle(alone, fact("limit_cpu_s")), middle(alone, fact("write_cpu_s"))
    rows = [
        ["W1, 1,000,000 bars, engine alone with its sealed trace", seconds(middle(alone, fact("engine_cpu_s"))), ""],
        ["the same fills and equity by bare numpy", seconds(numpy_cpu_s), ""],
        [f"writing and syncing the same {mebibytes(middle(alone, fact('trace_bytes')))}", seconds(writing_cpu_s), ""],
        ["engine to numpy and writing", "", times(ratio(alone, alone, fact("engine_cpu_s"), _limit_cpu_s))],
        ["events through the bus into a sealed trace", f"{1 / middle(writing, fact('trace_s')):,.0f}/s", ""],
        ["`orjson.dumps` of the same dicts in a loop", f"{1 / middle(writing, fact('dumps_s')):,.0f}/s", ""],
        ["trace to loop", "", times(ratio(writing, writing, fact("trace_s"), fact("dumps_s")))],
    ]
    return table(["", "cpu", "ratio"], rows)


def memory(_rounds: int) -> str:
    """What more bars and more combinations need above few of them."""
    few_bars, many_bars = (_peak_bytes(backtest_job(bars), "backtest") for bars in (100, 1_000_000))
    few, many = (_peak_bytes(sweep_job(_grid(slow_values)), "sweep") for slow_values in (5, 100))
    columns = 6 * 8 * 1_000_000
    rows = [
        ["backtest of 1,000,000 bars, above one of 100 bars", mebibytes(many_bars - few_bars)],
        ["to the bytes of its columns: time, open, high, low, close, volume", times((many_bars - few_bars) / columns)],
        ["sweep of 2,000 combinations, above one of 100", mebibytes(many - few)],
    ]
    return table(["peak memory of a phase", ""], rows)


def _grid(slow_values: int) -> dict[str, list[int]]:
    return {"fast": list(range(5, 25)), "slow": list(range(30, 30 + slow_values))}


def _peak_bytes(job: Path, phase: str) -> int:
    ((run,),) = in_turn([whole(job)], 1)
    peak: int = run.facts["peaks"][phase]
    return peak


def _limit_cpu_s(run: Run) -> float:
    return float(run.facts["limit_cpu_s"] + run.facts["write_cpu_s"])
