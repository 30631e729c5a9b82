"""Tasks without work for the standard library's pool, with a fork server and a new process for each task."""

import json
import multiprocessing
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path


def no_work() -> None:
    """Nothing."""


def main() -> None:
    """Submit what is ready, two at a time in processes of their own."""
    sorter = TopologicalSorter(json.loads(Path(sys.argv[1]).read_bytes()))
    sorter.prepare()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["numpy", "orjson"])
    running: dict[Future[None], str] = {}
    with ProcessPoolExecutor(2, mp_context=context, max_tasks_per_child=1) as pool:
        while sorter.is_active():
            running |= {pool.submit(no_work): name for name in sorter.get_ready()}
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
                sorter.done(running.pop(future))


if __name__ == "__main__":
    main()
