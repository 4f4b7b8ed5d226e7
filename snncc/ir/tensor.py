"""Tensor: a read-only array with a digest; the only form in which a network holds numbers."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


class Tensor:
    """A read-only array, equal to another when shape, dtype and bytes are equal.

    Args:
        values: anything NumPy makes an array of; kept without a copy when it is contiguous and
            read-only, as is all that it is a view of; copied otherwise, so that nobody can change
            it from outside.
    """

    __slots__ = ("__dict__", "values")

    def __init__(self, values: npt.ArrayLike) -> None:
        array = np.asarray(values)
        if _changeable(array) or not array.flags.c_contiguous:
            array = np.array(array, order="C")
            array.flags.writeable = False
        self.values: Array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent along each axis."""
        return self.values.shape

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 over dtype, shape and bytes."""
        head = f"{self.values.dtype.str}{self.values.shape}".encode()
        return hashlib.sha256(head + self.values.tobytes()).hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tensor) and (
            self is other or (self.shape == other.shape and self.digest == other.digest)
        )

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Tensor({self.values.dtype}{list(self.shape)} {self.digest})"


def _changeable(array: Array) -> bool:
    base = array.base
    return array.flags.writeable or (isinstance(base, np.ndarray) and _changeable(base))


Tensors: TypeAlias = Mapping[str, Tensor]


def tensors(**arrays: npt.ArrayLike) -> Tensors:
    """Read-only table of tensors; in a keyword, two underscores stand for a dot."""
    return MappingProxyType({k.replace("__", "."): Tensor(v) for k, v in arrays.items()})
