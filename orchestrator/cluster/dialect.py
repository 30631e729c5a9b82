"""How a scheduler's submission scripts are written: its dialect, and the template that belongs to it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from phase_worker.contract import ConfigError, did_you_mean

_FOLDER = Path(__file__).with_name("schedulers")
_FIELD = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What cannot be said in the template.

    `submit` is the command that takes the script as its last word, or on stdin; `job_id` is the extended regular
    expression of the id in what it prints. `after` makes the words that have a job wait: for whole jobs, and, task by
    task, for arrays. Times are in `minutes` and as hours:minutes:seconds.
    """

    option: str
    submit: tuple[str, ...]
    job_id: str
    index_mark: str
    array: Callable[[int, int | None], str]
    after: Callable[[Sequence[str], Sequence[str]], list[str]]
    on_stdin: bool = False


def scheduler_names() -> list[str]:
    """Every scheduler that there is a template of."""
    return sorted(path.stem for path in _FOLDER.glob("*.sh"))


def find_dialect(name: str) -> Dialect:
    """Raises ConfigError for a scheduler that nobody has written a template of."""
    if name not in scheduler_names():
        raise ConfigError(f"no scheduler '{name}'. {did_you_mean(name, scheduler_names())}", code="E-SCHEDULER")
    dialect: Dialect = import_module(f"orchestrator.cluster.schedulers.{name}").DIALECT
    return dialect


def read_template(name: str) -> str:
    """The text of a scheduler's template."""
    return (_FOLDER / f"{name}.sh").read_text()


def render(template: str, fields: Mapping[str, str]) -> str:
    """The template with its {{fields}} filled in; a line that has fields, all of them empty, is left out.

    A field of several lines is put in as it is. Raises KeyError for a field that does not exist.
    """
    lines = []
    for line in template.splitlines():
        wanted = _FIELD.findall(line)
        if not wanted or any(fields[name] for name in wanted):
            lines.append(_FIELD.sub(lambda found: fields[found[1]], line))
    return "\n".join(lines) + "\n"
