"""The software that there is: Python, packages, extras, programs of schedulers, the locale."""

import locale
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from orchestrator.doctor.finding import Finding, bad, warn

_DISTRIBUTION = "daybreak"
_OLDEST_PYTHON = (3, 11)
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"extra == ['\"]([a-z]+)['\"]")
_BEFORE_PYTHON = re.compile(r"python_version < ['\"]3\.(\d+)['\"]")
_NOT_FOR_USERS = {"test", "dev"}
_SCHEDULER_PROGRAMS = {"sbatch": "Slurm", "qsub": "Grid Engine or PBS", "bsub": "LSF"}


def software() -> Iterator[Finding]:
    yield _python()
    try:
        wanted = requires(_DISTRIBUTION) or []
    except PackageNotFoundError:
        yield warn("daybreak", "is not installed, but run from its source", "say `pip install .` there")
    else:
        yield Finding("daybreak", version(_DISTRIBUTION))
        yield from packages(wanted)
    yield from schedulers()
    yield from _locale()


def _python() -> Finding:
    found = f"{platform.python_version()} ({platform.python_implementation()})"
    if sys.version_info < _OLDEST_PYTHON:
        return bad("python", found, "use Python 3.11 or newer")
    return Finding("python", found)


def packages(wanted: Iterable[str]) -> Iterator[Finding]:
    """What each requirement of a distribution's metadata has for it; one of an extra may be missing."""
    for requirement in wanted:
        name = _NAME.match(requirement)
        extra = _EXTRA.search(requirement)
        before = _BEFORE_PYTHON.search(requirement)
        obsolete = before is not None and sys.version_info >= (3, int(before[1]))
        if name is None or obsolete or (extra and extra[1] in _NOT_FOR_USERS):
            continue
        topic = f"{name[0]} (extra {extra[1]})" if extra else name[0]
        try:
            yield Finding(topic, version(name[0]))
        except PackageNotFoundError:
            install = f"pip install '{_DISTRIBUTION}[{extra[1]}]'" if extra else f"pip install {name[0]}"
            yield Finding(topic, f"not there; {install}") if extra else bad(topic, "not there", f"say `{install}`")


def schedulers() -> Iterator[Finding]:
    """The programs by which jobs are submitted to a cluster."""
    there = [f"{name} ({whose})" for name, whose in _SCHEDULER_PROGRAMS.items() if shutil.which(name)]
    yield Finding("schedulers", ", ".join(there) or "none on the PATH: no cluster is reached from here")


def _locale() -> Iterator[Finding]:
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if encoding.lower().replace("-", "") == "utf8":
        yield Finding("locale", encoding)
    else:
        yield warn("locale", f"writes {encoding}", "set LANG=C.UTF-8, or names in other scripts may not be shown")
