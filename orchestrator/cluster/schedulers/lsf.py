"""LSF: writes its dialect.

| ours | bsub |
| --- | --- |
| partition, account, qos | -q, -P, -sla |
| slots, memory, time | -n N -R span[hosts=1], -M and rusage[mem=…], -W (minutes) |
| tasks of a step | -J "name[1-N]%AT-ONCE" |
| waits for whole steps | -w "done(1) && done(2)" |
| waits task by task | -w "done(1[*])" |
| a dependent of what failed | -ti: ended as soon as its dependency cannot hold any more |
"""

from collections.abc import Sequence

from orchestrator.cluster.dialect import Dialect


def _after(whole: Sequence[str], paired: Sequence[str]) -> list[str]:
    conditions = [*(f"done({job})" for job in whole), *(f"done({job}[*])" for job in paired)]
    return ["-w", " && ".join(conditions), "-ti"] if conditions else []


def _array(count: int, at_once: int | None) -> str:
    return f"[1-{count}]" + (f"%{at_once}" if at_once else "")


DIALECT = Dialect(
    option="#BSUB",
    submit=("bsub",),
    job_id="[0-9]+",  # Job <12> is submitted to queue <normal>.
    index_mark="%I",
    array=_array,
    after=_after,
    on_stdin=True,
)
