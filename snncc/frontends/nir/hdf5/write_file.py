"""file_bytes: NirGraph → HDF5 as nir 1.0.8 reads it; the same graph gives the same bytes."""

from __future__ import annotations

import io
from typing import Any, TypeAlias

import numpy as np

from snncc.ir import DeviceError

from .nir_graph import Items, NirGraph, NirNode

Group: TypeAlias = Any  # of h5py, which publishes no types
NIR_VERSION = "1.0.8"  # the release whose layout and node types these are


def file_bytes(graph: NirGraph) -> bytes:
    """The content of a `.nir` file.

    Raises:
        DeviceError: h5py is not installed.
    """
    try:
        import h5py
    except ModuleNotFoundError as missing:
        raise DeviceError(
            "a .nir file needs the module h5py; add it with: pip install 'snncc[nir]'"
        ) from missing
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["generator"] = "written by snncc"
        _text(file, "version", NIR_VERSION)
        _node(file.create_group("node"), NirNode("NIRGraph", {}, graph.metadata, graph))
    return buffer.getvalue()


def _node(group: Group, node: NirNode) -> None:
    _text(group, "type", node.kind)
    _items(group, node.values)
    if node.metadata:
        _items(group.create_group("metadata"), node.metadata)
    if node.graph is not None:
        import h5py

        inside = group.create_group("nodes")
        for name, each in node.graph.nodes.items():
            _node(inside.create_group(name), each)
        edges = np.array(node.graph.edges, dtype=h5py.string_dtype()).reshape(-1, 2)
        group.create_dataset("edges", data=edges)


def _items(group: Group, items: Items) -> None:
    for key, value in items.items():
        if isinstance(value, str):
            _text(group, key, value)
        elif value.ndim:
            group.create_dataset(key, data=value, compression="gzip")
        else:  # one number has no chunks to compress
            group.create_dataset(key, data=value)


def _text(group: Group, key: str, value: str) -> None:
    import h5py

    group.create_dataset(key, data=value, dtype=h5py.string_dtype())
