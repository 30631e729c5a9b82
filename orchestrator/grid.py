"""What of a strategy is varied: its parameters, their grid, and the trials that its constraints allow."""

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import Any

from phase_worker.contract import ConfigError, did_you_mean

# More trials than one process should hold, or a reader of the result believe.
MAX_TRIALS = 100_000
# Characters of constraints times combinations: to check so many takes half a second.
MAX_CHECKED = 10_000_000
_MAX_CONSTRAINT = 200
_ALLOWED = "Allowed: comparisons of parameters and numbers, with + - * /, and, or, not, as in 'fast < slow'."

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

Constraint = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class StrategyChoice:
    """A strategy and what to run it with; the order of the keys of `grid` is the order of the trials.

    `params` has a value for every parameter: it holds where a workflow runs one trial only, and for what `grid` leaves
    out. `constraints` are comparisons such as `fast < slow`, the strategy's own first.
    """

    name: str
    params: dict[str, Any]
    grid: dict[str, tuple[Any, ...]]
    constraints: tuple[str, ...]

    @property
    def numeric(self) -> list[str]:
        """The parameters that a constraint can compare."""
        return [name for name, value in self.params.items() if not isinstance(value, str)]


def expand_grid(strategy: StrategyChoice) -> list[dict[str, Any]]:
    """The parameters of every trial, the grid's last key fastest, without those that a constraint forbids.

    Raises ConfigError: E-GRID where no trial is left or there are too many, E-SCHEMA for a bad constraint.
    """
    if (size := prod(map(len, strategy.grid.values()))) > MAX_TRIALS:
        raise ConfigError(f"the grid has {size:,} combinations. Allowed: {MAX_TRIALS:,}.", code="E-GRID")
    if (checked := size * sum(map(len, strategy.constraints))) > MAX_CHECKED:
        raise ConfigError(
            f"to check the constraints of {size:,} combinations would take long: their number times the characters of "
            f"all constraints is {checked:,}. Allowed: {MAX_CHECKED:,}.",
            code="E-GRID",
        )
    constraints = [parse_constraint(text, strategy.numeric) for text in strategy.constraints]
    combinations = product(*strategy.grid.values())
    trials = [strategy.params | dict(zip(strategy.grid, values, strict=True)) for values in combinations]
    try:
        allowed = [trial for trial in trials if all(allows(trial) for allows in constraints)]
    except ArithmeticError as error:
        raise ConfigError(f"a constraint cannot be computed for every trial: {error}", code="E-GRID") from None
    if not allowed:
        raise ConfigError(
            f"no trial is left: the constraints ({', '.join(strategy.constraints)}) forbid all {size}.", code="E-GRID"
        )
    return allowed


def parse_constraint(text: str, names: Collection[str]) -> Constraint:
    """A test of parameters; nothing of the text is executed. Raises ConfigError (E-SCHEMA) for anything else."""
    try:
        if len(text) <= _MAX_CONSTRAINT:
            return _test(ast.parse(text.strip(), mode="eval").body, names)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    raise _not_allowed(text)


def _test(node: ast.expr, names: Collection[str]) -> Constraint:
    match node:
        case ast.Compare() if all(type(op) in _COMPARISONS for op in node.ops):
            numbers = [_number(operand, names) for operand in (node.left, *node.comparators)]
            compare = [_COMPARISONS[type(op)] for op in node.ops]
            return lambda params: all(
                holds(*pair) for holds, pair in zip(compare, pairwise(n(params) for n in numbers), strict=True)
            )
        case ast.BoolOp():
            tests = [_test(value, names) for value in node.values]
            combine = all if isinstance(node.op, ast.And) else any
            return lambda params: combine(test(params) for test in tests)
        case ast.UnaryOp(op=ast.Not()):
            test = _test(node.operand, names)
            return lambda params: not test(params)
    raise _not_allowed(ast.unparse(node))


def _number(node: ast.expr, names: Collection[str]) -> Callable[[Mapping[str, Any]], Any]:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return lambda _: value
        case ast.Name(id=name) if name in names:
            return operator.itemgetter(name)
        case ast.Name(id=name):
            raise ConfigError(f"unknown parameter {name!r}. {did_you_mean(name, names)}", code="E-SCHEMA")
        case ast.UnaryOp(op=ast.USub()):
            number = _number(node.operand, names)
            return lambda params: -number(params)
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            left, right = _number(node.left, names), _number(node.right, names)
            apply = _ARITHMETIC[type(node.op)]
            return lambda params: apply(left(params), right(params))
    raise _not_allowed(ast.unparse(node))


def _not_allowed(text: str) -> ConfigError:
    return ConfigError(f"{text[:_MAX_CONSTRAINT]!r} is not a constraint. {_ALLOWED}", code="E-SCHEMA")
