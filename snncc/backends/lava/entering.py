"""What the host sends as graded spikes: registers of inputs alone, and biases felt too early."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Factor, IntegerArithmetic, Node, Quantity, Rounding, Values

from .host import Current, Register
from .links import Link
from .neurons import Drive
from .paths import Paths, refused
from .program import Host
from .target import MESSAGE_BITS_MAX


def hosts(paths: Paths) -> tuple[Host, ...]:
    """What the host computes, each after what it reads.

    Raises:
        LoweringRefused: L003, L007, something else than weights, sums and layout stands before a
            register, or the register rounds or sends what Lava cannot.
    """
    return tuple(_host(paths, node) for node in paths.hosts)


def _host(paths: Paths, node: Node) -> Host:
    bits = _bits(*paths.bounds[node.name])
    if bits > MESSAGE_BITS_MAX:
        raise refused("L007", node, f"its codes may have {bits} bits, a message has 24")
    whole, real = (_register(paths, node, whole) for whole in (True, False))
    return Host(node.name, paths.network.shapes[node.name], whole, real, bits, str(node.origin))


def biases(name: str, node: Node, drive: Drive) -> tuple[Host, Link]:
    """The biases of a population's synapses as values sent in every tick, and synapses for them."""
    rows = np.flatnonzero((drive.offset != 0) | (drive.real_offset != 0))
    offset, real = drive.offset[rows], drive.real_offset[rows]
    one = np.ones(len(rows), dtype=np.int64)
    bits = _bits(offset, offset)
    whole = Register((), offset, one, 0, int(offset.min()), int(offset.max()))
    host = Host(
        name, offset.shape, whole, Register((), real, None, 0, 0, 0), bits, str(node.origin)
    )
    return host, Link("sparse", one, one.astype(np.float64), rows, np.arange(len(rows)))


def _bits(low: Values, high: Values) -> int:
    """Of a payload, its sign included."""
    return 1 + int(max(abs(low.min()), abs(high.max()))).bit_length()


def _register(paths: Paths, node: Node, whole: bool) -> Register:
    currents: list[Current] = []
    for term in paths.terms(node.inputs[0]):
        for leaf in paths.leaves(term.use, term.delay, node):
            link = paths.listed(term, leaf)
            weights = link.weights if whole else link.real
            currents.append(Current(leaf.name, leaf.delay, weights, link.rows, link.columns))
    size = prod(paths.network.shapes[node.name])
    constant = paths.offset(node.inputs[0], whole).reshape(-1)
    if not whole:
        return Register(tuple(currents), constant.astype(np.float64), None, 0, 0, 0)
    a, value, scale = paths.numbers[node.name][0], node.formats["value"], node.formats["scale"]
    assert isinstance(a, IntegerArithmetic) and isinstance(value, Quantity)
    if not isinstance(scale, Factor) or scale.rounding is not Rounding.HALF_EVEN:
        raise refused("L007", node, f"its ratio is {scale}, the host rounds half to even")
    factor = np.broadcast_to(a.multiplier("value", "scale"), paths.network.shapes[node.name])
    factor = factor.reshape(size).astype(np.int64)
    constant = constant.astype(np.int64)
    return Register(tuple(currents), constant, factor, scale.frac, value.low, value.high)
