"""How a process is known as part of a phase, across the executor and the phase that do not import each other."""

from pathlib import Path

PHASE_VARIABLE = "DAYBREAK_PHASE"  # the attempt: `PhaseRequest.token`
RUN_VARIABLE = "DAYBREAK_RUN"  # the run: `run_mark`, since two directories may hold runs of one workflow_id
PARENT_VARIABLE = "DAYBREAK_PARENT"  # the pid of the process that started the phase, for the phase alone

_OOM_SCORE_RAISE = 500
_OOM_SCORE_MAX = 1000

RUN_MARK_BYTES = 4096  # PATH_MAX: room for a mark that is not known yet


def run_mark(run_dir: Path) -> str:
    """The value of DAYBREAK_RUN for the run in `run_dir`, which has one mark by whatever link it is reached."""
    return str(run_dir.resolve())


def raised_oom_score(score: int) -> int:
    """The oom_score_adj of a phase whose coordinator has `score`; its descendants inherit it, whatever they clear."""
    return min(score + _OOM_SCORE_RAISE, _OOM_SCORE_MAX)
