"""Parameters and the arrays that ops compute with: the types that ops and arithmetics share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import RuleViolation
from .tensor import Tensors

Shape: TypeAlias = tuple[int, ...]
Values: TypeAlias = npt.NDArray[Any]
"""Numbers of some arithmetic: float64, float32, int64 or, for spikes, small integers."""
StateValues: TypeAlias = Mapping[str, Values]
"""State → its values, `[samples, *shape]`."""
Unit: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ref:
    """A parameter that lives in the network's table of tensors; printed as `@name`."""

    name: str

    def __str__(self) -> str:
        return f"@{self.name}"


Param: TypeAlias = float | Ref
"""A parameter: one number for all neurons, or a tensor that broadcasts to the signal's shape."""


def values_of(param: Param, tensors: Tensors) -> npt.NDArray[np.float64]:
    """A parameter's value(s) as float64: shape () or the tensor's shape."""
    if isinstance(param, Ref):
        if param.name not in tensors:
            raise RuleViolation("V006", "", f"tensor {param} does not exist")
        return np.asarray(tensors[param.name].values, dtype=np.float64)
    return np.asarray(param, dtype=np.float64)
