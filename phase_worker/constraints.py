"""Constraints: comparisons of a strategy's parameters, as a job and a declaration have them."""

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import Any

from phase_worker.contract.errors import ConfigError, did_you_mean

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
