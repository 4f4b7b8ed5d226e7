"""multiplications: what a network multiplies at inference, as a value; nothing changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from ...arithmetic.integer_arithmetic import IntegerArithmetic
from ...arithmetic.number import Factor
from ...errors import PassError
from ...network import Network, Node
from ...ops import Function, MatMul, Norm, Product, Requantize, Weighted
from ...param import Values, values_of
from ...views import arithmetics
from .units import kinds, wire_kind

By: TypeAlias = Literal["signal", "weight", "factor"]


@dataclass(frozen=True, slots=True)
class Multiplication:
    """What one node multiplies its signal by, and how often per tick.

    Attributes:
        by: another signal; weights, where what comes in is not a spike; or a constant factor.
        times: products per tick, zeros and powers of two left out; for two signals, the elements
            of the output.
    """

    by: By
    times: int


def multiplications(network: Network) -> Mapping[str, Multiplication]:
    """Node name → what it multiplies; nodes that add, shift and compare are not in it.

    A spike adds its weights, and a count of spikes adds them as often: no multiplication. Neither
    is a code that is a power of two, or zero: a shift. A real input that weights read is one, as
    are decays, registers and functions whose factor is not a power of two.

    Raises:
        PassError: the network has no number formats, so there are no codes to look at.
    """
    if not network.quantized:
        raise PassError("multiplications: the network has no number formats; run quantize before")
    numbers, known = arithmetics(network), kinds(network)
    found: dict[str, Multiplication] = {}
    for node in network:
        a = numbers[node.name][0]
        if isinstance(node.op, Product | MatMul | Norm):
            size = int(np.prod(network.shapes[node.name]))
            found[node.name] = Multiplication("signal", size)
        elif isinstance(node.op, Weighted):
            counted = wire_kind(network, node.inputs[0], known) == "count"
            times = 0 if counted else _count_weighing(network, node, node.op.weight_codes(a))
            if times:
                found[node.name] = Multiplication("weight", times)
        elif isinstance(a, IntegerArithmetic) and (times := _count_scaling(network, node, a)):
            found[node.name] = Multiplication("factor", times)
    return found


def _is_uneven(codes: Values) -> Values:
    """Where a code is neither zero nor a power of two, of either sign."""
    magnitude = np.abs(codes.astype(np.int64))
    return np.asarray((magnitude & (magnitude - 1)) != 0)


def _count_weighing(network: Network, node: Node, codes: Values) -> int:
    """Synapses per tick with a weight that is not a power of two."""
    assert isinstance(node.op, Weighted)
    one = np.ones((1, *network.shapes[node.inputs[0].source]))
    uneven = _is_uneven(codes).astype(np.float64)
    return int(np.rint(np.sum(node.op.apply(one, uneven, network.tensors))))


def _count_scaling(network: Network, node: Node, a: IntegerArithmetic) -> int:
    """Products per tick with factors that are not powers of two."""
    total = 0
    for role in node.op.roles:
        format = node.formats.get(role.name)
        if not isinstance(format, Factor):
            continue
        if isinstance(node.op, Requantize | Function):
            entry = "index" if isinstance(node.op, Function) else "value"
            codes = a.multiplier(entry, role.name)
        else:
            real = values_of(getattr(node.op, role.name), network.tensors)
            codes = np.rint(real * 2.0**format.frac)
        shape = np.broadcast_shapes(network.shapes[node.name], codes.shape)
        total += int(np.sum(np.broadcast_to(_is_uneven(codes), shape)))
    return total
