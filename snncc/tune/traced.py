"""Traced: integers in a tensor of PyTorch; numpy's functions on them leave a gradient behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
import torch
from numpy.lib.mixins import NDArrayOperatorsMixin
from torch import Tensor

from snncc.ir import LoweringRefused, Shape, Values

from .gradients import Surrogate

Rule: TypeAlias = Callable[..., object]
"""What a function of numpy is on tensors: the rules themselves, then what numpy was given."""
LARGEST = float(1 << 52)  # IEEE 754 binary64: up to here every integer and a half is exact


@dataclass(frozen=True)
class Rules:
    """What each function of numpy is on tensors.

    Attributes:
        ufuncs: name of a ufunc → its rule.
        functions: name of any other function → its rule.
        surrogate: slope of what is compared with a threshold.
        device: where the tensors are.
    """

    ufuncs: Mapping[str, Rule]
    functions: Mapping[str, Rule]
    surrogate: Surrogate
    device: torch.device

    def tensor(self, value: object) -> Tensor:
        """Integers or truth values as a tensor float64, which has their gradient if they do."""
        if isinstance(value, np.ndarray) and value.dtype == object:
            value = cast("object", value[()])
        if isinstance(value, Traced):
            return value.data
        array = np.asarray(value)
        kind = torch.float32 if array.dtype == np.float32 else torch.float64
        return torch.tensor(array, dtype=kind, device=self.device)

    def wrap(self, data: Tensor, dtype: npt.DTypeLike | None = None) -> Values:
        """A tensor as what an op computes with: integers, unless it is in single precision."""
        if dtype is None:
            dtype = np.float32 if data.dtype == torch.float32 else np.int64
        return cast("Values", Traced(self, data, dtype))


class Traced(NDArrayOperatorsMixin):
    """What an op takes for an array of integers; a tensor float64 that contains nothing else.

    Attributes:
        data: the integers; on a neuron in single precision its numbers, in float32.
        dtype: what numpy would call them: int64, bool or float32.
    """

    def __init__(self, rules: Rules, data: Tensor, dtype: npt.DTypeLike = np.int64) -> None:
        self._rules, self.data, self.dtype = rules, data, np.dtype(dtype)

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: object, **given: object
    ) -> object:
        rule = self._rules.ufuncs.get(ufunc.__name__)
        if rule is None or method != "__call__" or given:
            raise LoweringRefused(f"numpy.{ufunc.__name__} has no gradient here")
        return rule(self._rules, *inputs)

    def __array_function__(
        self,
        func: Callable[..., object],
        types: object,
        args: Sequence[object],
        kwargs: dict[str, object],
    ) -> object:
        rule = self._rules.functions.get(func.__name__)
        if rule is None:
            raise LoweringRefused(f"numpy.{func.__name__} has no gradient here")
        return rule(self._rules, *args, **kwargs)

    def __array__(self, dtype: object = None, copy: object = None) -> Values:
        """The integers in an array of no axes: `np.asarray` may not look inside."""
        box = np.empty((), dtype=object)
        box[()] = self
        return box

    def __bool__(self) -> bool:
        raise LoweringRefused("the op decides by a value, which has no gradient")

    def __hash__(self) -> int:
        return id(self)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, key: object) -> Traced:
        return self._like(self.data[cast("int", key)])

    @property
    def shape(self) -> Shape:
        """Extent of each axis, the samples' first."""
        return tuple(self.data.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.numel()

    @property
    def T(self) -> Traced:  # noqa: N802  # numpy's name
        """The axes in reverse order."""
        return self._like(self.data.permute(*reversed(range(self.data.ndim))))

    def reshape(self, *shape: int | Sequence[int]) -> Traced:
        """The same values under another shape."""
        return self._like(self.data.reshape(_flat(shape)))

    def transpose(self, *axes: int | Sequence[int]) -> Traced:
        """The axes in another order."""
        return self._like(self.data.permute(_flat(axes))) if axes else self.T

    def astype(self, dtype: npt.DTypeLike, copy: bool = True) -> Traced:
        """The same integers, called otherwise."""
        return Traced(self._rules, self.data, dtype)

    def sum(self, axis: int, dtype: object = None, keepdims: bool = False) -> Traced:
        """Sum along an axis."""
        return self._like(self.data.sum(axis, keepdim=keepdims))

    def max(self, axis: int | None = None, keepdims: bool = False) -> Traced:
        """Largest value along an axis, or of all."""
        return self._like(
            self.data.amax() if axis is None else self.data.amax(axis, keepdim=keepdims)
        )

    def min(self, axis: int | None = None, keepdims: bool = False) -> Traced:
        """Smallest value along an axis, or of all."""
        return self._like(
            self.data.amin() if axis is None else self.data.amin(axis, keepdim=keepdims)
        )

    def _like(self, data: Tensor) -> Traced:
        return Traced(self._rules, data, self.dtype)


def _flat(given: Sequence[int | Sequence[int]]) -> tuple[int, ...]:
    """Extents or axes, which numpy takes one by one or in one sequence."""
    first = given[0]
    every = given if isinstance(first, int) else first
    return tuple(int(n) for n in cast("Sequence[int]", every))
