"""The floor of a warm phase: a bare fork, exit and wait of a process that has imported numpy and orjson."""

import gc
import json
import os
import sys
import time

import numpy  # noqa: ICN001, F401
import orjson  # noqa: F401


def main(count: int) -> None:
    """Fork `count` times, one after the other."""
    gc.collect()
    gc.freeze()
    started_s = time.perf_counter()
    for _ in range(count):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    print(json.dumps({"each_s": (time.perf_counter() - started_s) / count}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
