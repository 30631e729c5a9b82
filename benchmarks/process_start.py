"""`make bench`: what a phase, a run and a command cost when there is nothing to do."""

from collections.abc import Callable, Sequence

from benchmarks.daybreak_programs import script, whole
from benchmarks.jobs import phases_job
from benchmarks.measure import Field, Program, Run, cpu_s, fact, in_turn, middle, ratio, wall_s
from benchmarks.places import DAYBREAK, MEMORY, PYTHON, SCRATCH
from benchmarks.tables import millis, seconds, table, times

PHASES = 300
_JOIN = 10
Dependencies = dict[str, list[str]]


def _name(number: int) -> str:
    return f"p{number:03d}"


def independent(count: int) -> Dependencies:
    return {_name(number): [] for number in range(count)}


def chain(count: int) -> Dependencies:
    return {_name(number): [_name(number - 1)] if number else [] for number in range(count)}


def fan_out_and_join(count: int) -> Dependencies:
    """Nine phases that wait for the join before them, then the one that waits for the nine, and so on."""
    dependencies: Dependencies = {}
    for number in range(count):
        stage, place = divmod(number, _JOIN)
        if place == _JOIN - 1:
            dependencies[_name(number)] = [_name(other) for other in range(stage * _JOIN, number)]
        else:
            dependencies[_name(number)] = [_name(stage * _JOIN - 1)] if stage else []
    return dependencies


SHAPES: dict[str, Callable[[int], Dependencies]] = {
    "independent": independent,
    "chain": chain,
    "fan-out and join": fan_out_and_join,
}


def phases(rounds: int) -> str:
    """What each further phase without work adds to a run, on disk and where fsync costs nothing."""
    rows = []
    for folder, place in ((MEMORY / "daybreak-bench", "in memory: no fsync"), (SCRATCH, "on disk: fsync")):
        floor = script("fork_floor", str(PHASES))
        for shape, dependencies in SHAPES.items():
            one, many = (
                phases_job(f"no-work-{shape.replace(' ', '-')}-{count}", "no_work", dependencies(count))
                for count in (1, PHASES)
            )
            single, run, forks = in_turn([whole(one, folder=folder), whole(many, folder=folder), floor], rounds)
            added = added_by_each(single, run)
            rows.append(
                [
                    f"{shape}, {place}",
                    millis(middle(added, wall_s)),
                    millis(middle(added, cpu_s)),
                    millis(middle(forks, fact("each_s"))),
                    times(ratio(added, forks, wall_s, fact("each_s"))),
                ]
            )
    return table([f"each of {PHASES} phases without work", "wall", "cpu", "bare fork and exit", "ratio"], rows)


def commands(rounds: int) -> str:
    """Whole commands against the least that Python can do."""
    job = phases_job("no-work-independent-1", "no_work", independent(1))
    nothing = Program("python -c pass", [PYTHON, "-c", "pass"])
    numpy = Program("python -c 'import numpy'", [PYTHON, "-c", "import numpy"])
    pairs = [(whole(job), numpy)]
    pairs += [(Program(f"daybreak {words}", [DAYBREAK, *words.split()]), nothing) for words in ("--help", "status")]
    pairs.append((Program("daybreak check JOB", [DAYBREAK, "check", str(job)]), nothing))
    rows = []
    for command, other in pairs:
        runs, others = in_turn([command, other], rounds)
        cells = [millis(middle(side, of)) for of in (wall_s, cpu_s) for side in (runs, others)]
        name = "`daybreak run`, one phase without work" if command is pairs[0][0] else f"`{command.name}`"
        rows.append(
            [name, f"`{other.name}`", *cells, times(ratio(runs, others, wall_s)), times(ratio(runs, others, cpu_s))]
        )
    return table(["", "against", "wall", "its wall", "cpu", "its cpu", "ratio, wall", "ratio, cpu"], rows)


def scheduling(rounds: int) -> str:
    """The coordinator's own work on a phase, by the number of phases."""
    rows = []
    for count in (100, 1_000, 5_000, 20_000):
        (runs,) = in_turn([script("scheduling", str(count), folder=MEMORY / "daybreak-bench")], rounds)
        cells = [f"{middle(runs, fact(name)) * 1e6:.0f} µs" for name in ("plan_s", "run_s")]
        rows.append([f"{count:,}", *cells, f"{middle(runs, fact('memory_bytes')) / 1024:.1f} KiB"])
    return table(["phases", "planning, each", "queue and files, each", "coordinator's memory, each"], rows)


def slots(rounds: int) -> str:
    """Eight phases that only compute, on one slot and on two."""
    job = phases_job("spin", "spin", independent(8))
    one, two = in_turn([whole(job, "--slots", "1"), whole(job, "--slots", "2")], rounds)
    row = [seconds(middle(one, wall_s)), seconds(middle(two, wall_s)), times(ratio(one, two, wall_s))]
    return table(["8 phases of 1 s cpu", "one slot", "two slots", "ratio"], [["wall", *row]])


def added_by_each(single: Sequence[Run], many: Sequence[Run]) -> list[Run]:
    """What each of the phases after the first added, in each round."""

    def each(one: Run, all_of_them: Run, of: Field) -> float:
        return (of(all_of_them) - of(one)) / (PHASES - 1)

    rounds = zip(single, many, strict=True)
    return [Run(each(*pair, wall_s), each(*pair, cpu_s), pair[1].peak_bytes, {}) for pair in rounds]
