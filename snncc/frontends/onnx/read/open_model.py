"""ONNX files, opened with care: what a file claims is checked before anybody believes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import FunctionProto, GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

from snncc.ir import ImportRefused, file_bytes, reading
from snncc.ir.untrusted import limits

MOST_BYTES = 1 << 31  # what protobuf can hold
MOST_AXES = 32
OLDEST = 13
"""Opset from which on the ops mean what the table of rules says: axes are inputs."""


def open_model(path: Path) -> ModelProto:
    """The model of a file, checked; external data only from the folder that the file is in.

    Raises:
        UsageError: the file is missing, or is not an ONNX model.
        ImportRefused: it is too large, older than this reader, or its data lie elsewhere.
    """
    if (size := file_bytes(path)) > MOST_BYTES:
        raise ImportRefused(f"{path} has more than {MOST_BYTES:,} bytes ({size:,})")
    with reading(f"{path} is not an ONNX model"):
        model = onnx.load(path, load_external_data=False)
        _check_external(model, path)
        onnx.load_external_data_for_model(model, str(path.parent))
        onnx.checker.check_model(model)
        _check_tensors(model)
        _check_size(model)
    if (version := opset(model)) < OLDEST:
        raise ImportRefused(f"{path} is of opset {version}; export it with {OLDEST} or later")
    return model


def opset(model: ModelProto) -> int:
    """Version of the standard ops that a model is written in."""
    return max((each.version for each in model.opset_import if not each.domain), default=0)


def _check_external(model: ModelProto, path: Path) -> None:
    for tensor in _tensors(model.graph):
        told = {each.key: each.value for each in tensor.external_data}
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        place = (path.parent / told.get("location", "")).resolve()
        if not place.is_relative_to(path.parent.resolve()) or not place.is_file():
            raise ImportRefused(
                f"tensor '{tensor.name}' lies in '{told.get('location', '')}', which is not a file "
                "in the folder of the model"
            )
        if place.stat().st_size > MOST_BYTES:
            raise ImportRefused(f"{place.name} has more than {MOST_BYTES:,} bytes")


# What 32 bits hold where numbers are narrower (onnx.proto, TensorProto.int32_data).
NARROW: Mapping[int, tuple[int, int]] = {
    TensorProto.BOOL: (0, 1),
    TensorProto.INT8: (-(2**7), 2**7 - 1),
    TensorProto.INT16: (-(2**15), 2**15 - 1),
    TensorProto.UINT8: (0, 2**8 - 1),
    TensorProto.UINT16: (0, 2**16 - 1),
    TensorProto.FLOAT16: (0, 2**16 - 1),
    TensorProto.BFLOAT16: (0, 2**16 - 1),
}


def _check_tensors(model: ModelProto) -> None:
    """Refuses tensors whose numbers are not those that their type and their size say."""
    inner = [t for each in model.functions for t in _tensors(each)]
    for tensor in (*_tensors(model.graph), *inner):
        if tensor.dims and len(tensor.dims) > MOST_AXES:
            raise ImportRefused(f"tensor '{tensor.name}' has {len(tensor.dims)} axes")
        if tensor.data_type in NARROW and tensor.int32_data:
            numbers, (low, high) = np.array(tensor.int32_data), NARROW[tensor.data_type]
            if outside := [*numbers[(numbers < low) | (numbers > high)]]:
                kind = TensorProto.DataType.Name(tensor.data_type)
                raise ImportRefused(
                    f"tensor '{tensor.name}' is {kind}, and {int(outside[0])} among its numbers is "
                    f"none; expected {low} to {high}"
                )
        if tensor.data_type != TensorProto.UNDEFINED:
            numpy_helper.to_array(tensor)  # a size that its bytes do not have
    if model.graph.sparse_initializer:
        raise ImportRefused(
            "the model has sparse initializers, which are not supported; make them dense"
        )


def _check_size(model: ModelProto) -> None:
    """Refuses functions that call themselves, or that open to more nodes than any model has."""
    bodies = {(each.domain, each.name): each for each in model.functions}
    known: dict[tuple[str, str], int] = {}
    opening: set[tuple[str, str]] = set()

    def size_of(nodes: Iterable[NodeProto]) -> int:
        return sum(_count_called(node) + sum(map(size_of, _inner_nodes(node))) for node in nodes)

    def _count_called(node: NodeProto) -> int:
        key = (node.domain, node.op_type)
        if key not in bodies:
            return 1
        if key not in known:
            if key in opening:
                raise ImportRefused(f"the function '{node.op_type}' calls itself")
            opening.add(key)
            known[key] = size_of(bodies[key].node)
        return known[key]

    if (size := size_of(model.graph.node)) > limits.NODES:
        raise ImportRefused(f"the model has {size:,} nodes; at most {limits.NODES:,} are read")


def _inner_nodes(node: NodeProto) -> Iterator[Sequence[NodeProto]]:
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            yield graph.node


def _tensors(graph: GraphProto | FunctionProto) -> list[TensorProto]:
    found = [] if isinstance(graph, FunctionProto) else [*graph.initializer]
    for node in graph.node:
        for attribute in node.attribute:
            found += [attribute.t, *attribute.tensors]
            for inner in (attribute.g, *attribute.graphs):
                found += _tensors(inner) if inner.node or inner.initializer else []
    return found
