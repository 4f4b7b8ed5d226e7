"""read_net: HDF5 → layers of a netx file. Trusts nothing in it; knows no layer's meaning.

The layout is that which lava/lib/dl/netx/hdf5.py and utils.py of lava-dl 0.6.0 read: a group
`layer/NUMBER` for each layer, with `type`, `shape`, arrays, and a group `neuron`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from snncc.frontends.whole_hdf5 import demand_sound_heaps, find_own_member
from snncc.ir import (
    Budget,
    DeviceError,
    ImportRefused,
    Shape,
    UsageError,
    Values,
    file_bytes,
    reading,
)
from snncc.ir.untrusted import limits

Group: TypeAlias = Any  # of h5py, which publishes no types
MOST_LAYERS = 1_000
TEXT_BYTES = 64  # of the name of a layer's or a neuron's type
WIDEST_BYTES = 8  # of a number


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer of a file.

    Attributes:
        number: in the file, from 0.
        kind: its type, such as dense.
        shape: of what it puts out, channels first; empty where the file does not say it.
        arrays: name → numbers of the layer itself.
        neuron: name → numbers of its neurons, None where it has none; their type is `model`.
    """

    number: int
    kind: str
    shape: Shape
    arrays: Mapping[str, Values]
    neuron: Mapping[str, Values] | None
    model: str = ""

    def refuse(self, sentence: str) -> ImportRefused:
        """What is wrong with this layer."""
        return ImportRefused(f"layer {self.number} ({self.kind}): {sentence}")


def read_net(path: Path) -> tuple[Layer, ...]:
    """The layers of a file, in order.

    Raises:
        DeviceError: h5py is not installed.
        UsageError: no such file, no HDF5, or HDF5 without layers.
        ImportRefused: an array is not made of integers, or lies elsewhere.
    """
    try:
        import h5py
    except ModuleNotFoundError as missing:
        raise DeviceError(
            "a .net model needs the module h5py; add it with: pip install 'snncc[nir]'"
        ) from missing
    size = file_bytes(path)
    with reading(f"{path} is not a netx file: no HDF5, or damaged"):
        demand_sound_heaps(path)
        with h5py.File(path, "r") as file:
            return tuple(_Reader(path, size).layers(file))


class _Reader:
    """Reads one file; counts what it has read, so that no file can ask for everything."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._budget = Budget(str(path), size, kind=ImportRefused)

    def layers(self, file: Group) -> Iterator[Layer]:
        found = self._enter(file, "layer") if "layer" in {*file} else None
        if found is None or not len(found):
            raise UsageError(f"{self._path} is HDF5 but not netx: it has no group 'layer'")
        if len(found) > MOST_LAYERS or {*found} != {str(n) for n in range(len(found))}:
            raise UsageError(
                f"{self._path} is not netx: its layers are not called 0, 1, 2, … up to "
                f"{MOST_LAYERS:,}"
            )
        for number in range(len(found)):
            yield self._layer(self._enter(found, str(number)), number)

    def _layer(self, group: Group, number: int) -> Layer:
        what = f"layer {number}"
        neuron, model = None, ""
        if "neuron" in {*group}:
            inside = self._enter(group, "neuron")
            neuron, model = self._arrays(inside, f"the neuron of {what}"), self._text(inside, what)
        arrays = self._arrays(group, what)
        shape = tuple(int(n) for n in np.ravel(arrays.get("shape", np.zeros(0))))
        if not all(0 < n < limits.EXTENT for n in shape):
            raise ImportRefused(f"{self._path}: the shape of {what} is {list(shape)}")
        return Layer(number, self._text(group, what), shape, arrays, neuron, model)

    def _arrays(self, group: Group, what: str) -> dict[str, Values]:
        """All arrays of numbers in a group; that of complex weights, a group, is empty."""
        import h5py

        found: dict[str, Values] = {}
        for key in sorted(group):
            member = self._hard(group, key)
            if isinstance(member, h5py.Group):
                if key != "neuron":
                    found[key] = np.zeros(0)
                continue
            if member.dtype.kind in "fiub" and member.dtype.itemsize <= WIDEST_BYTES:
                found[key] = self._numbers(member, f"{key} of {what}")
        return found

    def _numbers(self, dataset: Group, what: str) -> Values:
        if dataset.shape is None or dataset.id.get_create_plist().get_nfilters():
            raise ImportRefused(f"{self._path}: {what} is packed; expected an array as it is")
        self._budget.take(int(dataset.size) * WIDEST_BYTES, what)
        values = np.asarray(dataset[()])
        if values.dtype.kind == "f" and not np.all(np.isfinite(values)):
            raise ImportRefused(f"{self._path}: {what} is not finite")
        return values

    def _text(self, group: Group, what: str) -> str:
        """The type of a layer or a neuron: a text, or an array of one."""
        import h5py

        if "type" not in {*group}:
            raise UsageError(f"{self._path} is not netx: {what} has no 'type'")
        dataset = self._hard(group, "type")
        if (
            isinstance(dataset, h5py.Group)
            or h5py.check_string_dtype(dataset.dtype) is None
            or dataset.shape not in ((), (1,))
            or dataset.dtype.itemsize > TEXT_BYTES
        ):
            raise UsageError(f"{self._path} is not netx: the type of {what} is not a text")
        text = np.ravel(np.asarray(dataset[()], dtype=object))[0]
        text = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
        if len(text) > TEXT_BYTES:
            raise UsageError(f"{self._path} is not netx: the type of {what} is a long text")
        return text

    def _enter(self, group: Group, key: str) -> Group:
        import h5py

        found = self._hard(group, key)
        if not isinstance(found, h5py.Group):
            raise UsageError(f"{self._path} is not netx: '{key}' is not a group")
        return found

    def _hard(self, group: Group, key: str) -> Group:
        """A member that lies in the file itself: neither a link nor data of another file."""
        found: Group = find_own_member(group, key)
        if found is None:
            raise ImportRefused(
                f"{self._path}: '{key}' is a link, or data of another file; a netx file is whole "
                "by itself"
            )
        return found
