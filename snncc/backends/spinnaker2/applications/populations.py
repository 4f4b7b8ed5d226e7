"""A population of the network as parameters of an application on the chip, or of the host."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from snncc.ir import Arithmetic, Network, Node, Param, Single, Values, values_of
from snncc.ir.ops import IF, LI, LIF, CubaLIF, DualCubaLIF, Spiking
from snncc.ir.passes import start

from .paths import refusal
from .population_tick import NEVER, Encoder, Population


def population(network: Network, node: Node, a: Arithmetic, warm: int) -> Population:
    """The population's parameters, in codes of its potential.

    Args:
        network: quantized, states in single precision.
        node: the population.
        a: its arithmetic.
        warm: ticks for which it runs before its tick 0.

    Raises:
        LoweringRefused: S002, S005, S014, what no application computes.
    """
    op, shape = node.op, network.shapes[node.name]
    size = prod(shape)
    codes, factor = _readers(network, node, a)
    # What the applications compute; no op derives from one of these.
    if not isinstance(op, IF | LIF | LI | DualCubaLIF | CubaLIF):
        raise refusal("S002", node, f"{op.keyword} has no application on SpiNNaker 2")
    if not isinstance(op, LI):  # which has no threshold and no reset to be checked
        _check(network, node, op)
    decay = np.ones(size, dtype=np.float32) if isinstance(op, IF) else factor(op.decay)
    initial = start(network, node, warm) if warm else None
    if warm and initial is None:
        raise refusal("S014", node, "its constants would make it fire before it receives anything")
    begin = codes(op.initial) if initial is None else np.asarray(initial).reshape(-1)
    if isinstance(op, LI):  # which never fires
        never = np.full(size, NEVER)
        return Population(decay, None, codes(op.bias), never, None, 0, begin)
    currents = _currents(op, factor)
    if op.refractory and currents is None:
        # lif has no waiting time; lif_curr_exp has, and with decays of zero it is the same neuron.
        currents = np.zeros(size, dtype=np.float32), np.zeros(size, dtype=np.float32)
    reset = None if op.reset == "subtract" else codes(op.reset_amount)
    return Population(
        decay, currents, codes(op.bias), codes(op.threshold), reset, op.refractory, begin
    )


def encoder(network: Network, node: Node, a: Arithmetic) -> Encoder:
    """The parameters of a population that the host computes.

    Raises:
        LoweringRefused: S001, S002, S005, what the host does not compute either.
    """
    op = node.op
    codes, factor = _readers(network, node, a)
    if not isinstance(op, IF | LIF | CubaLIF):
        raise refusal("S002", node, f"{op.keyword} has no form on the host")
    if op.spikes != 1:
        raise refusal("S002", node, "it fires several spikes in a tick, but cores send one")
    if op.floored or op.reset_order == "rechecked":
        raise refusal("S005", node, "its potential has a floor, or it rechecks its threshold")
    leak, fade = op.membrane.decay, op.membrane.current_decay
    return Encoder(
        decay=None if leak == 1.0 else factor(leak),
        current_decay=None if fade is None else factor(fade),
        current_order="" if fade is None else op.membrane.current_order,
        bias=codes(op.bias),
        threshold=codes(op.threshold),
        strict=op.compare == ">",
        reset=op.reset,
        order=op.reset_order,
        amount=codes(op.reset_amount),
        refractory=op.refractory,
        initial=codes(op.initial),
    )


Reader = Callable[[Param], Values]
"""A parameter → float32 [neurons]."""


def _readers(network: Network, node: Node, a: Arithmetic) -> tuple[Reader, Reader]:
    """What reads parameters in codes of the potential, and factors."""
    shape = network.shapes[node.name]
    if any(not isinstance(format, Single) for format in node.formats.values()):
        raise refusal("S001", node, "its states are not in single precision")

    def codes(value: Param) -> Values:
        return np.broadcast_to(a.quantity(value, "v"), shape).reshape(-1).astype(np.float32)

    def factor(value: Param) -> Values:
        real = values_of(value, network.tensors).astype(np.float32)
        return np.broadcast_to(real, shape).reshape(-1)

    return codes, factor


def _currents(op: Spiking, factor: Reader) -> tuple[Values, Values] | None:
    if isinstance(op, DualCubaLIF):
        return factor(op.excitatory_decay), factor(op.inhibitory_decay)
    return None


def _check(network: Network, node: Node, op: Spiking) -> None:
    """Refuses a neuron that no application computes.

    Raises:
        LoweringRefused: S002 or S005, with what it has and what an application has.
    """
    threshold, amount = (
        np.broadcast_to(values_of(p, network.tensors), network.shapes[node.name])
        for p in (op.threshold, op.reset_amount)
    )
    reasons = (
        ("S002", op.spikes != 1, "it fires several spikes in a tick, but cores send one"),
        ("S005", op.compare != ">=", "it fires above its threshold, not at it"),
        ("S005", op.reset_order != "now", f"it resets {op.reset_order}, but cores reset at "
         "once: its potential is read, it rechecks its threshold, its current acts a tick late, or "
         "its threshold is far beyond its weights"),
        ("S005", op.reset == "none", "it never resets"),
        ("S005", op.reset == "subtract" and bool(np.any(threshold != amount)),
         "it subtracts something else than its threshold"),
        ("S005", op.floored, "its potential has a floor"),
        ("S005", bool(op.refractory) and (op.reset == "subtract" or np.any(amount >= threshold)),
         "it waits after a spike where it may lie above its threshold, but cores would fire"),
        # The one op of those with an application that has both signs in one current.
        ("S005", isinstance(op, CubaLIF),
         "it has one current for excitation and inhibition"),
    )  # fmt: skip
    for rule, holds, text in reasons:
        if holds:
            raise refusal(rule, node, text)
