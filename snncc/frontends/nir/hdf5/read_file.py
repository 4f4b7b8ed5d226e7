"""read_file: HDF5 → NirGraph. Trusts nothing in the file; knows no node type's meaning.

The layout is that of the nir package, 1.0.8, nir/serialization.py: `/node` is the graph, a group a
node, a dataset a parameter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from snncc.frontends.whole_hdf5 import demand_sound_heaps, find_own_member
from snncc.ir import Budget, DeviceError, ImportRefused, UsageError, file_bytes, reading
from snncc.ir.untrusted import limits

from .hdf5_numbers import read_numbers
from .nir_graph import Edge, Item, NirGraph, NirNode

Group: TypeAlias = Any  # of h5py, which publishes no types
MOST_NODES = 10_000
MOST_EDGES = 10 * MOST_NODES
EDGES_AT_ONCE = 64 * limits.MIB  # bytes of names that are in memory before they are counted
WIDEST_BYTES = 8  # of a number, which is computed with in float64


def read_file(path: Path) -> NirGraph:
    """The graph of a `.nir` file.

    Raises:
        DeviceError: h5py is not installed.
        UsageError: no such file, no HDF5, or HDF5 that is not a NIR file.
        ImportRefused: a parameter is not made of finite numbers, or the file leads elsewhere.
    """
    try:
        import h5py
    except ModuleNotFoundError as missing:
        raise DeviceError(
            "a .nir model needs the module h5py; add it with: pip install 'snncc[nir]'"
        ) from missing
    size = file_bytes(path)
    with reading(f"{path} is not a NIR file: no HDF5, or damaged"):
        demand_sound_heaps(path)
        with h5py.File(path, "r") as file:
            return _Reader(path, size).root(file)


class _Reader:
    """Reads one file; counts what it has read, so that no file can ask for everything."""

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size
        self._budget = Budget(str(path), size, kind=ImportRefused)
        self._nodes = 0

    def root(self, file: Group) -> NirGraph:
        top = self._hard(file, "node") if "node" in [*file] else None
        if not _is_group(top):
            raise UsageError(f"{self._path} is HDF5 but no NIR: it has no group 'node'")
        kind = self._text(top, "type", "the graph")
        graph = self._node(top, "the graph", 0).graph if kind == "NIRGraph" else None
        if graph is None:
            raise UsageError(f"{self._path} contains one {kind}, expected a NIRGraph")
        return graph

    def _node(self, group: Group, name: str, depth: int) -> NirNode:
        self._nodes += 1
        if depth > limits.DEPTH or self._nodes > MOST_NODES:
            raise ImportRefused(
                f"{self._path} nests graphs more than {limits.DEPTH} deep, has over {MOST_NODES} "
                "nodes, or a group that contains itself"
            )
        kind = self._text(group, "type", name)
        members = {*group}
        metadata = (
            self._items(self._enter(group, "metadata"), name) if "metadata" in members else {}
        )
        if kind != "NIRGraph":
            return NirNode(kind, self._items(group, name), metadata)
        for key in ("nodes", "edges"):
            if key not in members:
                raise UsageError(f"{self._path} is not a NIR file: {name} has no '{key}'")
        inside = self._enter(group, "nodes")
        nodes = {
            key: self._node(self._hard(inside, key), f"'{key}'", depth + 1)
            for key in sorted(inside)
        }
        edges = self._edges(self._hard(group, "edges"), name)
        return NirNode(kind, {}, metadata, NirGraph(nodes, edges, metadata))

    def _items(self, group: Group, name: str) -> dict[str, Item]:
        """The datasets of a group; groups inside, such as NIR's own metadata, are left alone."""
        found: dict[str, Item] = {}
        for key in sorted(group):
            dataset = self._hard(group, key)
            if not _is_group(dataset) and key != "type":
                found[key] = self._item(dataset, f"'{key}' of {name}")
        return found

    def _item(self, dataset: Group, what: str) -> Item:
        import h5py

        if h5py.check_string_dtype(dataset.dtype) is not None and dataset.shape == ():
            return self._decode_scalar(dataset, what)
        kind = dataset.dtype
        if kind.kind not in "fiub" or kind.itemsize > WIDEST_BYTES or dataset.shape is None:
            raise ImportRefused(f"{self._path}: {what} contains {kind}, expected numbers")
        self._budget.take(
            int(dataset.size) * WIDEST_BYTES, f"{what}, {kind}{list(dataset.shape)} as float64,"
        )
        values = read_numbers(dataset, self._size, f"{self._path}: {what}")
        if values.dtype.kind == "f" and not np.all(np.isfinite(values)):
            where = [int(i) for i in np.argwhere(~np.isfinite(values))[0]]
            raise ImportRefused(f"{self._path}: {what} is not finite at {where}")
        return values

    def _text(self, group: Group, key: str, name: str) -> str:
        import h5py

        if not _is_group(group) or key not in {*group}:
            raise UsageError(f"{self._path} is not a NIR file: {name} has no '{key}'")
        dataset = self._hard(group, key)
        if _is_group(dataset) or h5py.check_string_dtype(dataset.dtype) is None or dataset.shape:
            raise UsageError(f"{self._path} is not a NIR file: '{key}' of {name} is not text")
        return self._decode_scalar(dataset, f"'{key}' of {name}")

    def _decode_scalar(self, dataset: Group, what: str) -> str:
        """A text; one of fixed length is as long as its type says, whatever the file's size."""
        self._budget.take(int(dataset.dtype.itemsize), what)
        self._demand_unpacked(dataset, what)
        return _decode(dataset[()])

    def _demand_unpacked(self, dataset: Group, what: str) -> None:
        """No texts behind filters, which unfold without a limit; NIR itself packs numbers alone."""
        if dataset.chunks is not None and dataset.id.get_create_plist().get_nfilters():
            raise ImportRefused(f"{self._path}: {what} are packed; expected texts as they are")

    def _edges(self, dataset: Group, name: str) -> tuple[Edge, ...]:
        import h5py

        shape: tuple[int, ...] = () if _is_group(dataset) else dataset.shape
        if shape[:1] == (0,):
            return ()
        text = not _is_group(dataset) and h5py.check_string_dtype(dataset.dtype) is not None
        if not text or len(shape) != 2 or shape[1] != 2 or shape[0] > MOST_EDGES:
            raise UsageError(
                f"{self._path} is not a NIR file: edges of {name} are not pairs of names [edges, 2]"
            )
        self._demand_unpacked(dataset, f"the edges of {name}")
        # A name is at most as long as the file, but a million edges may show the same one.
        longest = max(self._size, int(dataset.dtype.itemsize))
        step = max(1, EDGES_AT_ONCE // (2 * longest))
        found: list[Edge] = []
        for start in range(0, shape[0], step):
            rows = dataset[start : start + step]
            found += [(_decode(source), _decode(target)) for source, target in rows]
            self._budget.take(
                sum(len(one) + len(other) for one, other in found[start:]), f"the edges of {name}"
            )
            for one, other in found[start:]:
                if max(len(one), len(other)) > limits.NAME_CHARACTERS:
                    raise ImportRefused(
                        f"{self._path}: a name in the edges of {name} has more than "
                        f"{limits.NAME_CHARACTERS:,} characters"
                    )
        return tuple(found)

    def _enter(self, group: Group, key: str) -> Group:
        """A group that lies in another."""
        found = self._hard(group, key)
        if not _is_group(found):
            raise UsageError(f"{self._path} is not a NIR file: '{key}' is not a group")
        return found

    def _hard(self, group: Group, key: str) -> Group:
        """A member that lies in the file itself: neither a link nor data of another file."""
        found: Group = find_own_member(group, key)
        if found is None:
            raise ImportRefused(
                f"{self._path}: '{key}' is a link, or data of another file; a .nir file is whole "
                "by itself"
            )
        return found


def _is_group(member: Group) -> bool:
    import h5py

    return isinstance(member, h5py.Group)


def _decode(text: bytes | str) -> str:
    return text.decode("utf-8") if isinstance(text, bytes) else str(text)
