"""The rules of style that no linter knows, checked on the syntax trees of the four packages."""

import ast
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from phase_worker.discovery import COMPONENT_HOMES

ROOT = Path(__file__).parents[2]
PACKAGES = ("orchestrator", "phase_worker", "topologies", "extractors")

# Every `except Exception` that there may be, once per line; anywhere else it would hide a bug.
BROAD_EXCEPTS = [
    "orchestrator/queue/boundary.py",  # the coordinator goes on with other jobs, whatever happened in one
    "phase_worker/__main__.py",  # the phase ends with an exit code and an outcome, whatever happened
    "phase_worker/declarations.py",  # importing a user's file: raised again as an error that names the file
    "phase_worker/events/bus.py",  # raised again with a note that names the handler
]

# The one permitted global is the component registry; its decorators are made in a row beside it.
MODULE_VARIABLES = {f"phase_worker/discovery.py: {name}" for name in ("_registry", *COMPONENT_HOMES)}

# PDEATHSIG fires when the *thread* that spawned a process ends, and a fork copies one thread only.
FORBIDDEN_NAMES = re.compile(
    r"(asyncio|anyio|trio|curio"
    r"|pickle|_pickle|cloudpickle|dill|joblib|marshal|shelve|multiprocessing\.shared_memory"
    r"|threading\.(Thread|Timer)|concurrent\.futures\.ThreadPoolExecutor|multiprocessing\.pool\.ThreadPool)(\.|$)"
)
ASYNCHRONOUS = ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "base", "misc"}
CONSTANT_TYPE_OR_LOGGER = re.compile(r"_*[A-Z]\w*|__\w+__|_?logger")
MACHINE_PATH = re.compile(r"/(work|root|home|Users|opt)/\w")


@cache
def sources(*folders: str) -> dict[str, ast.Module]:
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return {str(file.relative_to(ROOT)): ast.parse(file.read_bytes()) for file in files}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for file, tree in sources(*PACKAGES).items():
        for node in ast.walk(tree):
            yield file, node


def test_every_file_opens_with_one_sentence() -> None:
    def opening(tree: ast.Module) -> str:
        return (ast.get_docstring(tree) or "").split("\n\n")[0]

    offenders = [
        file
        for file, tree in sources(*PACKAGES, "tests").items()
        if not re.fullmatch(r"(?!.*[.?!] [A-Z]).+\.", opening(tree))
    ]
    assert offenders == []


def test_no_file_is_longer_than_250_lines() -> None:
    lengths = {file: len((ROOT / file).read_text().splitlines()) for file in sources(*PACKAGES)}
    assert {file: lines for file, lines in lengths.items() if lines > 250} == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    offenders = [file for file in sources(*PACKAGES, "tests") if EMPTY_NAMES & set(re.split(r"[/_.]", file))]
    assert offenders == []


def test_nothing_is_asynchronous() -> None:
    offenders = [
        f"{file}:{getattr(node, 'lineno', '')}"
        for file, node in nodes()
        if isinstance(node, ASYNCHRONOUS) or (isinstance(node, ast.comprehension) and node.is_async)
    ]
    assert offenders == []


def test_no_event_loop_thread_pickle_or_shared_memory_is_used() -> None:
    offenders = [
        f"{file}: {name}" for file, node in nodes() for name in names_used(node) if FORBIDDEN_NAMES.match(name)
    ]
    assert offenders == []


def names_used(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return [ast.unparse(node)] if isinstance(node, ast.Attribute) else []


def test_everything_is_caught_only_where_a_process_ends_or_the_error_is_raised_again() -> None:
    found = [file for file, node in nodes() if isinstance(node, ast.ExceptHandler) and is_broad(node.type)]
    assert sorted(found) == BROAD_EXCEPTS


def is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(is_broad(element) for element in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def test_only_the_command_line_prints() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["per-file-ignores"]
    may_print = [pattern for pattern, rules in settings.items() if "T20" in rules]
    offenders = [
        f"{file}:{node.lineno}"
        for file, node in nodes()
        if isinstance(node, ast.Call)
        and re.fullmatch(r"print|sys\.std(out|err)\.write", ast.unparse(node.func))
        and not any(fnmatch(file, pattern) for pattern in may_print)
    ]
    assert offenders == []


def test_a_module_holds_constants_types_and_a_logger_but_no_variables() -> None:
    found = {
        f"{file}: {name}"
        for file, tree in sources(*PACKAGES).items()
        for name in module_names(tree)
        if not CONSTANT_TYPE_OR_LOGGER.fullmatch(name)
    }
    assert found == MODULE_VARIABLES


def module_names(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield from (node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name))


def test_the_registry_is_the_only_global_that_is_ever_assigned() -> None:
    found = [f"{file}: {name}" for file, node in nodes() if isinstance(node, ast.Global) for name in node.names]
    assert found == ["phase_worker/discovery.py: _registry"]


def test_no_file_names_a_path_of_one_machine() -> None:
    texts = {".py", ".md", ".toml", ".yaml", ".yml", ".sh", ".service", "Makefile", "NOTICE", "run"}
    folders = [ROOT / folder for folder in (*PACKAGES, "tests", "jobs", "benchmarks", ".ci")]
    files = [*ROOT.iterdir(), *(file for folder in folders for file in folder.rglob("*"))]
    offenders = [
        str(file.relative_to(ROOT))
        for file in files
        if (file.suffix or file.name) in texts and MACHINE_PATH.search(file.read_text())
    ]
    assert offenders == []
