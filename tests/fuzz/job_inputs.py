"""Job files made along the job's schema: mostly sensible, with something hostile here and there."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from orchestrator.job_file.kinds import Field, Flag, Free, Many, Name, Number, Quantity, Section, Table, Text
from orchestrator.job_file.schema import JOB
from phase_worker.discovery import ComponentInfo, Parameter, get_component_registry
from phase_worker.parameters import Choice, Float

# A tree is the YAML text of a scalar, a list of trees, or a tuple of (text of a key, tree).
Tree = str | list[Any] | tuple[Any, ...]
Trees = st.SearchStrategy[Tree]

FILES = ("SPY.csv", "data/QQQ.csv.gz", "bars.parquet", ".csv", "plugin.py")  # those that there are
_HOSTILE_SCALARS = (
    *("NO", "on", "~", "010", "0x1F", "22:22", "1_000", ".nan", "-.inf", "1e999", "2024-13-45", "2024-01-02", "1e3"),
    *("null", "true", "-1", "0", "0.5", "1.5", "9" * 25, "9" * 5000, "-9223372036854775809", "1e-400", "''", '""'),
    *("&a x", "*a", "!!python/object/apply:os.system [ls]", "!!int 5", "<<", "|\n  x", ">-\n y", "'", '"', "[", "{"),
    *(
        '"\\0"',
        '"\\e[31m"',
        '"\\ud800"',
        '"\\UFFFFFFFF"',
        "a\tb",
        "\t",
        "\0",
        "\x1b[2J",
        "\x85",
        "\u2028",
        "é",
        "\U0001d7d9",
    ),
    *("../x", "/dev/zero", "/etc/passwd", "n" * 250, "~root", "%", "@x", "`x`", "# x", "? x", "- x", "--- x", "..."),
    *("5 apples", "1e3MiB", "512mib", "1GiB ", "99999999999TiB", "fast < slow", "fast <", "1/0 < fast", "(" * 99),
)
_PHASES = ("train", "test", "a", "b", "c", "a_b")

hostile_scalars: Trees = st.one_of(st.sampled_from(_HOSTILE_SCALARS), st.text(max_size=8))
hostile_trees: Trees = st.recursive(
    hostile_scalars,
    lambda child: st.one_of(
        st.lists(child, max_size=4), st.lists(st.tuples(hostile_scalars, child), max_size=4).map(tuple)
    ),
    max_leaves=6,
)


def mostly(usual: Trees, unusual: Trees = hostile_trees, *, of: int = 25) -> Trees:
    """One time in `of`, something else."""
    return st.integers(1, of).flatmap(lambda number: unusual if number == 1 else usual)


def number_texts(low: float, high: float) -> Trees:
    low, high = max(low, -1e6), min(high, 1e6)
    return st.one_of(st.integers(int(low), int(high)), st.floats(low, high)).map(json.dumps)


def values_of(field: Field) -> Trees:
    """The trees that may stand at a key."""
    return mostly(_sensible(field))


def _sensible(field: Field) -> Trees:
    match field:
        case Section():
            return _mapping({name: values_of(child) for name, child in field.fields.items()}, _required(field))
        case Table():
            return st.lists(st.tuples(st.sampled_from(_PHASES), values_of(field.item)), max_size=3).map(tuple)
        case Many():
            return st.lists(values_of(field.item), min_size=field.at_least, max_size=3)
        case Free():
            return hostile_trees
    return _sensible_scalar(field)


def _sensible_scalar(field: Field) -> Trees:
    if isinstance(field, Number) and not isinstance(field, Quantity):
        return number_texts(field.low, field.high)
    texts: Sequence[str] = (*FILES, *_PHASES)
    match field:
        case Name():
            texts = [info.name for info in components(field.component)]
        case Text() if field.options:
            texts = field.options
        case Flag():
            texts = ("true", "false")
        case Quantity():
            texts = ("512MiB", "2 GB", "10m", "90s", "1048576", "3600")
    return st.sampled_from(texts)


def _required(section: Section) -> set[str]:
    return {name for name, field in section.own_fields.items() if field.required}


def _mapping(fields: dict[str, Trees], required: set[str]) -> Trees:
    given = st.fixed_dictionaries(
        {name: fields[name] for name in fields if name in required},
        optional={name: fields[name] for name in fields if name not in required},
    )
    entries = given.map(lambda found: tuple(found.items()))
    more = st.lists(
        st.tuples(st.one_of(st.sampled_from([*fields, "unknown"]), hostile_scalars), hostile_trees), max_size=2
    )
    return mostly(entries, st.tuples(entries, more).map(lambda pair: (*pair[0], *pair[1])))


def components(component_type: str) -> list[ComponentInfo]:
    return get_component_registry().get_components_by_type(component_type)


def _parameter_texts(parameter: Parameter) -> Trees:
    if isinstance(parameter, Choice):
        return st.sampled_from([json.dumps(option) for option in parameter.options])
    if isinstance(parameter, Float):
        return number_texts(parameter.low, parameter.high)
    return st.integers(int(parameter.low), int(min(parameter.high, 1e4))).map(str)


def _strategy_of(info: ComponentInfo) -> Trees:
    params = {name: mostly(_parameter_texts(parameter)) for name, parameter in info.parameters.items()}
    grid = {name: mostly(st.lists(values, min_size=1, max_size=5)) for name, values in params.items()}
    constraint = st.sampled_from(
        [f'"{" < ".join(info.parameters)}"', '"1 < 2"', *(f'"{n} * 2 >= 1"' for n in info.parameters)]
    )
    return _mapping(
        {
            "name": st.just(info.name),
            "params": _mapping(params, set()),
            "grid": _mapping(grid, set()),
            "constraints": st.lists(mostly(constraint), max_size=3),
        },
        {"name"},
    )


_strategies = st.one_of(
    st.sampled_from(components("strategy")).flatmap(_strategy_of), values_of(JOB.fields["strategy"])
)
_data = _mapping(
    {
        "file": mostly(st.sampled_from(FILES)),
        "symbol": st.sampled_from(["SPY", '"NO"']),
        "prices": st.sampled_from(["raw", "total_return"]),
    },
    {"file"},
)
_usual = {"workflow": mostly(_sensible(JOB.fields["workflow"])), "strategy": _strategies, "data": mostly(_data)}
_rare = {name: values_of(field) for name, field in JOB.fields.items() if name not in (*_usual, "data_file", "plugins")}


@st.composite
def job_texts(draw: st.DrawFn) -> str:
    """The text of a job file."""
    names = draw(st.lists(st.sampled_from(list(_rare)), max_size=3, unique=True))
    tree: list[tuple[str, Tree]] = [(name, draw(values)) for name, values in _usual.items()]
    tree += [(name, draw(_rare[name])) for name in names]
    if draw(st.integers(1, 20)) == 1:
        tree.append((draw(st.sampled_from(["plugins", "data_file", "unknown", "workflow", "<<"])), draw(hostile_trees)))
    newline = draw(st.sampled_from(["\n"] * 18 + ["\r\n", "\r"]))
    start = draw(st.sampled_from([""] * 30 + ["\ufeff", "---\n", "%YAML 1.1\n---\n", "# a comment\n", "...\n", "- "]))
    return start + newline.join(f"{key}: {_flow(value)}" for key, value in draw(st.permutations(tree))) + newline


def _flow(tree: Tree) -> str:
    if isinstance(tree, str):
        return tree
    if isinstance(tree, list):
        return f"[{', '.join(map(_flow, tree))}]"
    return f"{{{', '.join(_entry(pair) for pair in tree)}}}"


def _entry(pair: Sequence[Tree]) -> str:
    key, value = pair
    return f"{_flow(key)}: {_flow(value)}"
