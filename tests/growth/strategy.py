"""Strategies of whole networks: ops one after another, a late connection, some outputs."""

from collections.abc import Callable, Mapping
from dataclasses import replace as changed
from math import prod
from types import MappingProxyType
from typing import Any

import numpy as np
from hypothesis import strategies as st

from snncc.ir import DECODES, Network, Node, Use, all_ops
from snncc.ir.ops import Dense, Reshape

from .growth import WEIGHT_UNIT, Growth, Wire
from .neurons import NEURONS, neuron
from .stateless import (
    conv,
    entry,
    graded,
    held,
    joined,
    moved,
    norm,
    pointwise,
    pool,
    products,
    weighted,
)

KEYWORDS = tuple(sorted(all_ops()))
SEVERAL_KEYWORDS = st.lists(st.sampled_from(KEYWORDS), min_size=1, max_size=5)
SEEDS = st.integers(0, 2**32 - 1)


GROWN: Mapping[str, Callable[[Growth, str], Wire]] = {
    **dict.fromkeys(NEURONS, neuron),
    **dict.fromkeys(("dense", "block_dense", "sparse"), weighted),
    **dict.fromkeys(("sum_pool", "avg_pool", "max_pool"), pool),
    **dict.fromkeys(("reshape", "slice", "transpose"), moved),
    **dict.fromkeys(("requantize", "function"), held),
    **dict.fromkeys(("sum", "product", "concat"), joined),
    **dict.fromkeys(("affine", "relu"), pointwise),
    "conv": conv,
    "graded": graded,
    "norm": norm,
    "matmul": products,
    "input": entry,
}
"""Keyword → what puts such an op onto the network."""


def _feedback(growth: Growth) -> None:
    """Lets some sum receive, late, some node anywhere in the network."""
    sums = [wire for wire in growth.wires if _takes(growth, wire)]
    if not sums:
        return
    # Integers grow without bound around a cycle in which nothing fits them.
    into, source = growth.pick(*sums), growth.wire(lambda wire: _settles(growth, wire))
    size, name = prod(source.shape), f"n{len(growth.nodes)}"
    flat, back, shaped = (f"{name}_{part}" for part in ("flat", "back", "shaped"))
    weight = growth.weight(f"{name}.w", prod(into.shape), size)
    into_node = next(node for node in growth.nodes if node.name == into.node)
    at = growth.nodes.index(into_node)
    format = growth.formatted(weight=growth.quantity(8, WEIGHT_UNIT))
    growth.nodes[at : at + 1] = [
        Node(flat, Reshape((size,)), (Use(source.node, growth.number(1, 4)),)),
        Node(back, Dense(weight), (Use(flat),), format),
        Node(shaped, Reshape(into.shape), (Use(back),)),
        changed(into_node, inputs=(*into_node.inputs, Use(shaped))),
    ]


def _settles(growth: Growth, wire: Wire) -> bool:
    node = next(node for node in growth.nodes if node.name == wire.node)
    return not wire.state and bool(node.op.states or not growth.quantized)


def _takes(growth: Growth, wire: Wire) -> bool:
    node = next(node for node in growth.nodes if node.name == wire.node)
    return node.op.keyword == "sum" and wire.unit == WEIGHT_UNIT and not wire.state


def _grown(draw: Callable[..., Any], including: str, quantized: bool) -> Network:
    rng = np.random.default_rng(draw(SEEDS))
    growth = Growth(draw, quantized, rng)
    for _ in range(growth.pick(1, 1, 2)):
        entry(growth, "input")
    keywords = draw(SEVERAL_KEYWORDS)
    for keyword in [*keywords, *([including] if including else [])]:
        GROWN[keyword](growth, keyword)
    if quantized:
        # Without one node with a format a network counts as one of real numbers.
        kind = growth.pick(*NEURONS)
        GROWN[kind](growth, kind)
    outputs = {Use(growth.nodes[-1].name)}
    for _ in range(growth.number(0, 2)):
        wire = growth.wire()
        outputs.add(Use(wire.node, 0, wire.state))
    if growth.coin():
        _feedback(growth)
    tensors = MappingProxyType(growth.tensors)
    decode = growth.pick(*DECODES)
    uses = tuple(sorted(outputs, key=str))
    return Network("grown", tuple(growth.nodes), uses, 0.001, tensors, decode)


@st.composite
def networks(draw: Callable[..., Any], including: str = "") -> Network:
    """Networks of real numbers; with `including`, at least one op of that keyword."""
    return _grown(draw, including, quantized=False)


@st.composite
def quantized_networks(draw: Callable[..., Any], including: str = "") -> Network:
    """Networks of integers: the same, with formats of all kinds on every role."""
    return _grown(draw, including, quantized=True)
