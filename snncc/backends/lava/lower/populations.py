"""A population's arithmetic in codes and in real numbers; knows no processes.

Which process computes it, Loihi's stock one or one of ours, is decided in `lower.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from snncc.ir import (
    Arithmetic,
    Factor,
    FloatArithmetic,
    Network,
    Node,
    Overflow,
    Param,
    Quantity,
    Rounding,
    Values,
    values_of,
)
from snncc.ir.ops import IF, LI, LIF, CubaLIF, MaxPool

from ..population_tick import ALIGN_BITS, Population
from ..target import DECAY_BITS, STATE_BITS
from .paths import refusal

UNITY = 1 << DECAY_BITS
GATE_SHIFT = ALIGN_BITS + 1  # one spike over an even weight of two, aligned


@dataclass(frozen=True, eq=False)
class Drive:
    """What is known of a population's input.

    Attributes:
        low, high: limits of the current for all inputs, per neuron, in codes; at most and at
            least zero.
        offset, real_offset: biases of the synapses, a current in every tick; not among the limits.
    """

    low: Values
    high: Values
    offset: Values
    real_offset: Values

    def enter_bias(self) -> Drive:
        """The same with the biases among what arrives."""
        low, high = (limit + self.offset for limit in (self.low, self.high))
        none = np.zeros_like(self.offset), np.zeros_like(self.real_offset)
        return Drive(np.minimum(low, 0), np.maximum(high, 0), *none)


def population(network: Network, node: Node, a: Arithmetic, drive: Drive) -> Population:
    """The population in codes.

    Raises:
        LoweringRefused: L002, L007, L008, an op or a format that Loihi does not have.
    """
    op = simplify(node)
    _formats(node)
    shift = np.unique(np.log2(a.input_unit() / a.unit_of("v")))
    if shift.size > 1:
        raise refusal(
            "L007",
            node,
            "its neurons count in different units; put quantize{units=population} into --passes",
        )
    k = int(shift[0])
    shape = network.shapes[node.name]

    def codes(value: Param) -> Values:
        return np.broadcast_to(a.quantity(value, "v"), shape).reshape(-1).astype(np.int64)

    bias = codes(op.bias) + (drive.offset.astype(np.int64) << k)
    return _make_population(node, op, k, codes, bias, _decays(network, node, UNITY))


def real_population(network: Network, node: Node, drive: Drive) -> Population:
    """The population in real numbers."""
    op = simplify(node)
    a, shape = FloatArithmetic(network.tensors), network.shapes[node.name]

    def values(value: Param) -> Values:
        return np.broadcast_to(a.quantity(value, "v"), shape).reshape(-1).astype(np.float64)

    bias = values(op.bias) + drive.real_offset
    return _make_population(node, op, 0, values, bias, _decays(network, node, 0))


def simplify(node: Node) -> IF | LIF | CubaLIF | LI:
    """The op of a population that Loihi's arithmetic can be.

    Raises:
        LoweringRefused: L002, it is another.
    """
    # What the arithmetic below says of these; no op derives from one of them.
    if not isinstance(node.op, IF | LIF | CubaLIF | LI):
        raise refusal("L002", node, f"{node.op.keyword} has no form on Loihi")
    return node.op


def _make_population(
    node: Node,
    op: IF | LIF | CubaLIF | LI,
    k: int,
    codes: Callable[[Param], Values],
    bias: Values,
    decays: tuple[Values | None, Values | None],
) -> Population:
    whole = bool(np.issubdtype(bias.dtype, np.integer))
    if isinstance(op, LI):  # it has no reset and no threshold
        zero = np.zeros_like(bias)
        return Population(
            "none", "now", "", True, 0, 0, whole, k, decays[0], None, bias, zero, zero,
            codes(op.initial),
        )  # fmt: skip
    membrane = op.membrane
    return Population(
        reset=op.reset,
        order=op.reset_order,
        current_order="" if membrane.current_decay is None else membrane.current_order,
        strict=op.compare == ">",
        spikes=op.spikes,
        refractory=op.refractory,
        whole=whole,
        shift=k,
        decay=decays[0],
        current_decay=decays[1],
        bias=bias,
        threshold=codes(op.threshold),
        amount=codes(op.reset_amount),
        initial=codes(op.initial),
        floor=codes(op.floor) if op.floored else None,
    )


def _formats(node: Node) -> None:
    for role, format in node.formats.items():
        if isinstance(format, Quantity):
            fits = format.signed and format.overflow is Overflow.SATURATE
            if format.bits != STATE_BITS or not fits:
                raise refusal(
                    "L007", node, f"'{role}' is {format}, Loihi's states are s24/saturate"
                )
        elif format != Factor(DECAY_BITS, Rounding.TOWARD_ZERO):
            raise refusal("L008", node, f"'{role}' is {format}, Loihi's decays are x12/toward-zero")


def _decays(network: Network, node: Node, unity: int) -> tuple[Values | None, Values | None]:
    """Decay of the potential and of the current, over `unity` (0: real numbers)."""
    shape = network.shapes[node.name]

    def broadcast(value: Param | None) -> Values | None:
        if value is None or (value == 1.0 and node.op.keyword != "cuba_lif"):
            return None
        real = np.broadcast_to(values_of(value, network.tensors), shape).reshape(-1)
        return np.rint(real * unity).astype(np.int64) if unity else np.array(real)

    leak = getattr(node.op, "decay", None)
    current = broadcast(getattr(node.op, "current_decay", None))
    return (None if leak == 1.0 else broadcast(leak)), current


def gate(network: Network, node: Node, whole: bool) -> Population:
    """An OR of windows or an AND of all wires as neurons that forget at once."""
    size = prod(network.shapes[node.name])
    least = 1 if isinstance(node.op, MaxPool) else len(node.inputs)
    kind = np.int64 if whole else np.float64
    zero = np.zeros(size, dtype=kind)
    # Between two counts of spikes lies one alignment of the threshold.
    threshold = zero + ((2 * least - 1 << ALIGN_BITS) if whole else least - 0.5)
    shift = GATE_SHIFT if whole else 0
    # A factor of 1/4096, the least of a stock LIF, leaves nothing of a potential below 4096.
    fades = least - 1 << GATE_SHIFT < UNITY
    decay = zero + (1 if whole and fades else 0)
    return Population(
        "value", "now", "", True, 1, 0, whole, shift, decay, None, zero, threshold, zero, zero
    )
