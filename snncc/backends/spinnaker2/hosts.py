"""Populations that real values drive: the chip's packets carry none, so the host computes these."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Node, Use, ordered
from snncc.ir.ops import Input

from .neurons import encoder
from .paths import OTHERWISE, Leaf, Paths, refused
from .program import Host, Whole


def hosts(paths: Paths) -> tuple[Host, ...]:
    """The populations that the host computes, each after those it hears in the same tick.

    Raises:
        LoweringRefused: S008, one of them hears spikes of the chip as well.
    """
    network = paths.network
    nodes = [n for n in ordered(network) if n.op.states and _hears_values(paths, n)]
    names = {node.name for node in nodes}
    return tuple(_host(paths, node, names) for node in nodes)


def _leaves(paths: Paths, node: Node) -> list[tuple[Use, Leaf]]:
    terms = [term for use in node.inputs for term in paths.terms(use)]
    return [(term, leaf) for term in terms for leaf in paths.leaves(term, 0, node)]


def _hears_values(paths: Paths, node: Node) -> bool:
    sources = (paths.network[leaf.name].op for _, leaf in _leaves(paths, node))
    return any(isinstance(op, Input) and not op.spiking for op in sources)


def _host(paths: Paths, node: Node, names: set[str]) -> Host:
    network = paths.network
    shape = network.shapes[node.name]
    currents: list[tuple[str, int, Whole]] = []
    for term, leaf in _leaves(paths, node):
        if leaf.name not in names and not isinstance(network[leaf.name].op, Input):
            raise refused(
                "S008",
                node,
                f"it hears real values and %{leaf.name}, whose spikes are on the chip; let a "
                f"population of its own turn the values into spikes, or {OTHERWISE}",
            )
        link = paths.listed(term, leaf)
        if link is not None:
            weights = np.zeros((prod(shape), prod(network.shapes[leaf.name])), dtype=np.int64)
            if link.kind == "dense":
                weights = link.weights
            else:
                weights[link.rows, link.columns] = link.weights
            currents.append((leaf.name, leaf.delay, weights))
    constant = np.asarray(paths.offset(node.inputs[0]).reshape(-1), dtype=np.int64)
    found = encoder(network, node, paths.numbers[node.name])
    return Host(node.name, shape, found, tuple(currents), constant)
