"""One field of many payloads as an array."""

from collections.abc import Iterable
from types import NoneType
from typing import Any

import numpy as np

from phase_worker.contract.errors import ConfigError, did_you_mean

Array = np.ndarray[Any, np.dtype[Any]]


def column(payloads: Iterable[list[dict[str, Any]]], field: str) -> Array:
    """The values of `field`, shape (payloads,): int64, bool, float64 with NaN for null or missing, or else objects.

    Raises ConfigError where there are payloads and none has the field.
    """
    values: list[Any] = []
    fields: set[str] = set()
    for some in payloads:
        values += [payload.get(field) for payload in some]
        fields |= some[0].keys()
    types = set(map(type, values))
    if types == {NoneType} and field not in fields:
        raise ConfigError(f"no payload has a field {field!r}. {did_you_mean(field, fields)}")
    if types <= {int} or types <= {bool}:
        return np.array(values)
    if types <= {int, float, NoneType}:
        return np.array(values, np.float64)
    return np.fromiter(values, object)
