"""Stands in for sbatch, squeue, scancel, qsub and bsub: a job is run, all its tasks in turn, as it is submitted.

Linked under those names. What was asked, and what became of it, is in the directory $FAKE_SCHEDULER.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

STATE = Path(os.environ.get("FAKE_SCHEDULER", "."))
INDEX = {"sbatch": "SLURM_ARRAY_TASK_ID", "pbs": "PBS_ARRAY_INDEX", "sge": "SGE_TASK_ID", "bsub": "LSB_JOBINDEX"}
ANSWER = {
    "sbatch": "{id};fake",
    "pbs": "{id}{array}.server",
    "sge": "{id}{range}",
    "bsub": "Job <{id}> is submitted to queue <normal>.",
}
NAME = re.compile(r'^#(?:SBATCH --job-name=|PBS -N |\$ -N |BSUB -J "?)([^\s"[]+)', re.MULTILINE)
ARRAY = re.compile(r"^#(?:SBATCH --array=|PBS -J |\$ -t |BSUB -J .*\[)(\d+)-(\d+)", re.MULTILINE)
LOG = re.compile(r"^#(?:SBATCH --output=|PBS -o |\$ -o |BSUB -o )(\S+)", re.MULTILINE)


def jobs() -> list[dict[str, Any]]:
    file = STATE / "jobs.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def submit(program: str, words: list[str]) -> str:
    if program == "qsub":
        program = "sge" if "-terse" in words else "pbs"
    script = words[-1] if program != "bsub" else str(STATE / "stdin.sh")
    text = Path(script).read_text() if program != "bsub" else sys.stdin.read()
    Path(script).write_text(text)
    array, name = ARRAY.search(text), NAME.search(text)
    assert name is not None, text
    job_id = str(1 + len({job["id"] for job in jobs()}))
    lost = {job["id"] for job in jobs() if job["state"] != "COMPLETED"}
    needed = set(re.findall(r"\d+", " ".join(word for word in words if re.search("after|depend|done|^[0-9]+$", word))))
    failed = bool(lost & needed)
    with (STATE / "asked").open("a") as file:
        file.write(shlex.join([program, *words]) + "\n")
    for index in range(int(array[1]), int(array[2]) + 1) if array else [None]:
        state = "CANCELLED" if failed and program == "sbatch" else run(program, script, index, text)
        job = {"id": job_id, "index": index, "name": name[1], "state": state}
        with (STATE / "jobs.jsonl").open("a") as file:
            file.write(json.dumps(job) + "\n")
    parts = {"id": job_id, "array": "[]" if array else "", "range": f".{array[1]}-{array[2]}:1" if array else ""}
    return ANSWER[program].format(**parts)


def run(program: str, script: str, index: int | None, text: str) -> str:
    absent = {"sge": "undefined", "bsub": "0"}.get(program)
    value = absent if index is None else str(index)
    environment = os.environ | ({INDEX[program]: value} if value is not None else {})
    log = LOG.search(text)
    assert log is not None, text
    with Path(re.sub(r"%a|%I|\$TASK_ID|\^array_index\^", str(index), log[1])).open("a") as file:
        code = subprocess.run(["bash", script], env=environment, stdout=file, stderr=file, check=False).returncode
    return "FAILED" if code else "COMPLETED"


def main() -> int:
    program, words = Path(sys.argv[0]).name, sys.argv[1:]
    if (STATE / f"{program}.broken").exists():
        sys.stderr.write(f"{program}: error: Unable to contact slurm controller (connect failure)\n")
        return 1
    if program == "squeue":
        for job in jobs():
            index = "N/A" if job["index"] is None else job["index"]
            sys.stdout.write(f"{job['name']}|{job['id']}|{index}|{job['state']}|None\n")
    elif program in {"sbatch", "qsub", "bsub"} and "--test-only" not in words:
        sys.stdout.write(submit(program, words) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
