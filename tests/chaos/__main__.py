"""`python -m tests.chaos campaign|soak`: what `make chaos` and `make soak` run."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.chaos import seccomp
from tests.chaos.campaign import ERRORS, HELD, KILLS, NUISANCES, STOPS, Tally, Workers, exhaustive, workers
from tests.chaos.faults import Action
from tests.chaos.grandchildren import grandchildren
from tests.chaos.mutants import MUTANTS
from tests.chaos.power_cuts import power_cuts
from tests.chaos.random_kills import random_kills
from tests.chaos.report import campaign_table, circumstances, mutants_table, soak_table, write_section
from tests.chaos.soak import soak

ONE_RUN = ("phase alone", "run, warm", "run, cold")
QUEUE = ("submit", "drain", "drain of dropped files", "drain after a crash", "serve")
ACTIONS = ("queue hold", "queue release", "queue cancel", "queue retry", "queue purge")
STOPPED = ("run, warm", "drain", "serve")


def main() -> int:
    """Exits with 1 where anything was lost, torn, done twice, hung or left, or a mutant was not caught."""
    if reason := seccomp.unsupported():
        print(f"error: this machine cannot hold system calls: {reason}", file=sys.stderr)
        return 2
    options = _parser().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="daybreak-chaos-", dir=options.folder))
    print(f"what goes wrong stays in {folder}", file=sys.stderr)
    good = _soak(options, folder) if options.what == "soak" else _campaign(options, folder)
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("what", choices=["campaign", "soak"])
    parser.add_argument("--every", type=int, default=1, help="only every N-th of the trials at system calls (1)")
    parser.add_argument("--random", type=int, default=1000, help="trials with two coordinators (1000)")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the soak (30)")
    parser.add_argument("--seed", type=int, default=0, help="of moments, victims and mixtures (0)")
    parser.add_argument("--processes", type=int, help="trials at a time (the processors)")
    parser.add_argument("--only", default="", help="of the campaign, what has this in its name; writes no page")
    parser.add_argument("--folder", type=Path, help="where the trials work: a tmpfs is fast (the system's)")
    return parser


def _campaign(options: argparse.Namespace, folder: Path) -> bool:
    tallies: list[Tally] = []
    caught: list[tuple[str, Tally]] = []
    with workers(folder, options.processes) as crew:
        for name, section in _sections(crew, options).items():
            if options.only in name:
                tallies.append(section())
                print(campaign_table(tallies[-1:]).splitlines()[-1], tallies[-1].complaint(), sep="\n", flush=True)
        for number, mutant in enumerate(MUTANTS):
            if options.only in mutant.name:
                tally = mutant.hunt(crew, mutant.make(folder / f"mutant-{number}"), max(4, options.every))
                caught.append((mutant.name, tally))
                print(f"{mutant.name}: caught by {len(tally.bad)} of {tally.trials}", flush=True)
    if not options.only:
        text = f"{campaign_table(tallies)}\n\n{mutants_table(caught)}\n\n{circumstances()}"
        write_section("campaign", text)
    return all(tally.good for tally in tallies) and all(not tally.good for _, tally in caught)


def _sections(crew: Workers, options: argparse.Namespace) -> dict[str, Callable[[], Tally]]:
    every = options.every
    sections: dict[str, Callable[[], Tally]] = {}
    for scenario in ONE_RUN + QUEUE:
        sections |= {
            f"{scenario}: kills": partial(exhaustive, crew, scenario, KILLS, every=every),
            f"{scenario}: errors": partial(exhaustive, crew, scenario, ERRORS, every=every),
            f"{scenario}: nuisances": partial(exhaustive, crew, scenario, NUISANCES, every=every),
            f"{scenario}: power cuts": partial(power_cuts, crew, scenario, every=every),
            f"{scenario}: held": partial(exhaustive, crew, scenario, HELD, every=every),
        }
    for scenario in STOPPED:
        sections[f"{scenario}: asked to stop"] = partial(exhaustive, crew, scenario, STOPS, every=every)
    for scenario in ACTIONS:
        actions = (*KILLS, *ERRORS, *HELD)
        sections[f"{scenario}: all"] = partial(exhaustive, crew, scenario, actions, every=every)
    sections |= {
        "drain: full disk": partial(exhaustive, crew, "drain", (Action.ENOSPC,), every=every, lasting=10),
        "run, warm: kills, at reads too": partial(exhaustive, crew, "run, warm", KILLS, every=every, reads=True),
        "drain: kills, at reads too": partial(exhaustive, crew, "drain", KILLS, every=every, reads=True),
        "submit: held, at reads too": partial(exhaustive, crew, "submit", HELD, every=every, reads=True),
        "drain, commands beside: held": partial(exhaustive, crew, "drain, commands beside", HELD, every=every),
        "random kills": partial(random_kills, crew, options.random, seed=options.seed),
        "grandchildren": partial(grandchildren, crew, max(1, 20 // every)),
    }
    return sections


def _soak(options: argparse.Namespace, folder: Path) -> bool:
    books = soak(folder / "soak", options.minutes, seed=options.seed)
    text = f"{soak_table(books)}\n\n{circumstances()}"
    print(text)
    write_section("soak", text)
    return books.verdict.good


if __name__ == "__main__":
    sys.exit(main())
