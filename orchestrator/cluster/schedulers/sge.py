"""Grid Engine: writes its dialect.

| ours | qsub |
| --- | --- |
| partition, account, qos | -q, -P, -l qos= (a site's own resource) |
| slots, memory, time | -pe smp N (only above one slot), -l h_vmem, -l h_rt |
| tasks of a step | -t 1-N -tc AT-ONCE |
| waits for whole steps | -hold_jid 1,2, which does not ask how they ended: a phase checks its inputs itself |
| waits task by task | -hold_jid_ad 1 |
"""

from collections.abc import Sequence

from orchestrator.cluster.dialect import Dialect


def _after(whole: Sequence[str], paired: Sequence[str]) -> list[str]:
    words = ["-hold_jid", ",".join(whole)] if whole else []
    return words + (["-hold_jid_ad", ",".join(paired)] if paired else [])


def _array(count: int, at_once: int | None) -> str:
    return f"1-{count}" + (f" -tc {at_once}" if at_once else "")


DIALECT = Dialect(
    option="#$",
    submit=("qsub", "-terse"),
    job_id="^[0-9]+",  # of an array the range follows, behind a dot
    index_mark="$TASK_ID",
    array=_array,
    after=_after,
)
