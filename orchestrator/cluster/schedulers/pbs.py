"""OpenPBS: writes its dialect.

| ours | qsub |
| --- | --- |
| partition, account, qos | -q, -A, -l qos= |
| slots, memory, time | -l select=1:ncpus=N:mem=M, -l walltime |
| tasks of a step | -J 1-N%AT-ONCE |
| waits for whole steps | -W depend=afterok:1:2; what waits for a failed job is deleted |
| waits task by task | not there: waits for the whole array |
"""

from collections.abc import Sequence

from orchestrator.cluster.dialect import Dialect


def _after(whole: Sequence[str], paired: Sequence[str]) -> list[str]:
    ids = [*whole, *paired]
    return ["-W", f"depend=afterok:{':'.join(ids)}"] if ids else []


def _array(count: int, at_once: int | None) -> str:
    return f"1-{count}" + (f"%{at_once}" if at_once else "")


DIALECT = Dialect(
    option="#PBS",
    submit=("qsub",),
    job_id=r"^[0-9]+(\[\])?[^ ]*",  # 12.server, of an array 12[].server
    index_mark="^array_index^",
    array=_array,
    after=_after,
)
