"""What the host sends as graded spikes: registers of inputs alone, and biases felt too early.

An input that synapses read as it is becomes a source in `lower.py`.
"""

from __future__ import annotations

import numpy as np

from snncc.ir import Factor, IntegerArithmetic, Node, Quantity, Rounding, Values

from ..host import Current, Register
from ..program import Host
from ..target import MESSAGE_BITS_MAX
from .links import Link
from .paths import Paths, refusal
from .populations import Drive


def hosts(paths: Paths) -> tuple[Host, ...]:
    """What the host computes, each after what it reads.

    Raises:
        LoweringRefused: L003, L007, something else than weights, sums and layout precedes a
            register, or the register rounds or sends what Lava cannot.
    """
    return tuple(_host(paths, node) for node in paths.hosts)


def _host(paths: Paths, node: Node) -> Host:
    bits = _bits(*paths.bounds[node.name])
    if bits > MESSAGE_BITS_MAX:
        raise refusal("L007", node, f"its codes may have {bits} bits, a message has 24")
    links = [
        (leaf, paths.list_weights(term, leaf))
        for term in paths.terms(node.inputs[0])
        for leaf in paths.leaves(term, node)
    ]
    currents = tuple(Current(at.name, at.delay, w.weights, w.rows, w.columns) for at, w in links)
    reals = tuple(Current(at.name, at.delay, w.real, w.rows, w.columns) for at, w in links)
    constant = paths.offset(node.inputs[0], whole=False).reshape(-1).astype(np.float64)
    real = Register(reals, constant, None, 0, 0, 0)
    shape = paths.network.shapes[node.name]
    return Host(node.name, shape, _register(paths, node, currents), real, bits)


def biases(name: str, drive: Drive) -> tuple[Host, Link]:
    """The biases of a population's synapses as values sent in every tick, and synapses for them."""
    rows = np.flatnonzero((drive.offset != 0) | (drive.real_offset != 0))
    offset, real = drive.offset[rows], drive.real_offset[rows]
    one = np.ones(len(rows), dtype=np.int64)
    bits = _bits(offset, offset)
    whole = Register((), offset, one, 0, int(offset.min()), int(offset.max()))
    host = Host(name, offset.shape, whole, Register((), real, None, 0, 0, 0), bits)
    return host, Link("sparse", one, one.astype(np.float64), rows, np.arange(len(rows)))


def _bits(low: Values, high: Values) -> int:
    """Of a payload, its sign included."""
    return 1 + int(max(abs(low.min()), abs(high.max()))).bit_length()


def _register(paths: Paths, node: Node, currents: tuple[Current, ...]) -> Register:
    """The register in codes."""
    a, value, scale = paths.numbers[node.name][0], node.formats["value"], node.formats["scale"]
    assert isinstance(a, IntegerArithmetic) and isinstance(value, Quantity)
    if not isinstance(scale, Factor) or scale.rounding is not Rounding.HALF_EVEN:
        raise refusal("L007", node, f"its ratio is {scale}, the host rounds half to even")
    factor = np.broadcast_to(a.multiplier("value", "scale"), paths.network.shapes[node.name])
    factor = factor.reshape(-1).astype(np.int64)
    constant = paths.offset(node.inputs[0], whole=True).reshape(-1).astype(np.int64)
    return Register(currents, constant, factor, scale.frac, value.low, value.high)
