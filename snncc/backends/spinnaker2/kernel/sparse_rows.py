"""Weights that are mostly zero as sparse rows; the same sums, less of a core's memory."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from snncc.ir import Network, Node, Ref, Tensor
from snncc.ir.ops import Dense, Sparse

WEIGHT_BYTES = 1
NARROW = (1 << 8, 1 << 16)  # below these a number takes one byte, two; else four


def with_sparse_rows(part: Network) -> Network:
    """The part, with synapses one by one where that is smaller than a matrix with its zeros.

    A matrix takes a byte for each pair of neurons; sparse rows one for the weight of each synapse
    and one or two for whom it reaches, and two or four for each source. They are smaller after
    pruning (Nazeer et al. 2023, arXiv:2312.09084, keep 5 %).
    """
    tensors = dict(part.tensors)
    nodes = tuple(_sparse(part, node, tensors) for node in part.nodes)
    if nodes == part.nodes:
        return part
    return replace(part, nodes=nodes, tensors=MappingProxyType(tensors))


def _sparse(part: Network, node: Node, tensors: dict[str, Tensor]) -> Node:
    if not isinstance(node.op, Dense) or len(part.shapes[node.name]) != 1:
        return node
    weights = part.tensors[node.op.weight.name].values
    targets, sources = np.nonzero(weights)
    rows = len(targets) * (WEIGHT_BYTES + _bytes_of(len(weights) - 1))
    rows += (weights.shape[1] + 1) * _bytes_of(len(targets))
    if rows >= weights.size * WEIGHT_BYTES or not len(targets):
        return node
    names = {role: f"{node.name}.sparse.{role}" for role in ("weight", "rows", "columns")}
    kept = (weights[targets, sources], targets, sources)
    tensors |= {name: Tensor(array) for name, array in zip(names.values(), kept, strict=True)}
    op = Sparse(
        weight=Ref(names["weight"]),
        rows=Ref(names["rows"]),
        columns=Ref(names["columns"]),
        size=len(weights),
        bias=node.op.bias,
    )
    return replace(node, op=op)


def _bytes_of(most: int) -> int:
    return 1 if most < NARROW[0] else 2 if most < NARROW[1] else 4
