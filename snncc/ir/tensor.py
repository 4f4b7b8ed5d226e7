"""Tensor: a read-only array with a digest; the only form in which a network contains numbers."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .mapped_tensors import LARGE_BYTES, Stretch, store

Array: TypeAlias = npt.NDArray[Any]
Integers: TypeAlias = npt.NDArray[np.int64]


class Tensor:
    """A read-only array, equal to another when shape, dtype and bytes are equal.

    A large one is not held in memory: its values come from a file without a name for as long as
    somebody reads them.

    Args:
        values: anything NumPy makes an array of; kept without a copy when it is small, contiguous
            and read-only, as is all that it is a view of; copied otherwise, so that nothing can
            change it from outside.
    """

    __slots__ = ("__dict__", "_held", "dtype", "shape")

    def __init__(self, values: npt.ArrayLike) -> None:
        array = np.asarray(values)
        self.shape: tuple[int, ...] = array.shape
        self.dtype: np.dtype[Any] = array.dtype
        self._held: Array | Stretch = array
        if array.nbytes >= LARGE_BYTES and (stretch := store(array)) is not None:
            self._held = stretch
        elif _is_changeable(array) or not array.flags.c_contiguous:
            self._held = np.array(array, order="C")
            self._held.flags.writeable = False

    @property
    def values(self) -> Array:
        """The numbers, read-only; of a large tensor a new array each time, so keep it briefly."""
        if isinstance(self._held, Stretch):
            return np.ndarray(self.shape, self.dtype, self._held.map_bytes())
        return self._held

    @cached_property
    def finite(self) -> bool:
        """Whether no value is infinite or no number at all."""
        return self.dtype.kind != "f" or bool(np.all(np.isfinite(self.values)))

    @cached_property
    def digest(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 over dtype, shape and bytes."""
        found = hashlib.sha256(f"{self.dtype.str}{self.shape}".encode())
        found.update(self.values.reshape(-1).view(np.uint8).data)
        return found.hexdigest()[:16]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tensor) and (
            self is other or (self.shape == other.shape and self.digest == other.digest)
        )

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Tensor({self.dtype}{list(self.shape)} {self.digest})"


def _is_changeable(array: Array) -> bool:
    base = array.base
    return array.flags.writeable or (isinstance(base, np.ndarray) and _is_changeable(base))


Tensors: TypeAlias = Mapping[str, Tensor]


def tensors(**arrays: npt.ArrayLike) -> Tensors:
    """Read-only table of tensors; in a keyword, two underscores stand for a dot."""
    return MappingProxyType({k.replace("__", "."): Tensor(v) for k, v in arrays.items()})
