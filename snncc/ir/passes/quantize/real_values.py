"""real_values: which nodes carry other values than counts of spikes, and around; no formats."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx

from ...network import Network, Use
from ...ops import (
    Affine,
    Concat,
    Function,
    Graded,
    MatMul,
    MaxPool,
    Norm,
    Product,
    Relu,
    Requantize,
    Reshape,
    Slice,
    Sum,
    SumPool,
    Transpose,
)

LAYOUT = Slice, Reshape, Concat, Transpose, Relu, MaxPool
CARRYING = *LAYOUT, Sum, Affine, SumPool
MULTIPLYING = Product, MatMul


def spike_counts(network: Network) -> frozenset[str]:
    """Nodes that put out whole numbers of spikes."""
    plain = (*LAYOUT, Sum, SumPool, *MULTIPLYING)
    found = {n.name for n in network if n.op.spiking or isinstance(n.op, plain)}
    while True:
        odd = {
            node.name
            for node in network
            if node.name in found and not node.op.spiking
            if not all(counted(use, found) for use in node.inputs)
        }
        if not odd:
            return frozenset(found)
        found -= odd


def counted(use: Use, counts: set[str] | frozenset[str]) -> bool:
    """Whether a wire holds whole numbers of spikes, or of ticks."""
    return use.state in ("wait", "s") or (not use.state and use.source in counts)


def readers_of(network: Network) -> frozenset[str]:
    """Nodes that multiply or bend real values, or pass them on as graded events."""
    counts = spike_counts(network)
    return frozenset(
        node.name
        for node in network
        if isinstance(node.op, Function | Graded | Norm | Requantize)
        or (isinstance(node.op, MULTIPLYING) and node.name not in counts)
    )


def loops_of(network: Network, carriers: set[str]) -> Mapping[str, int]:
    """The carriers that carry a value back to themselves → number of the cycle they are part of."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name in carriers:
        sources = (use.source for use in network[name].inputs if not use.state)
        graph.add_edges_from((source, name) for source in sources if source in carriers)
    parts = enumerate(nx.strongly_connected_components(graph))
    return {
        name: number
        for number, part in parts
        for name in part
        if len(part) > 1 or graph.has_edge(name, name)
    }
