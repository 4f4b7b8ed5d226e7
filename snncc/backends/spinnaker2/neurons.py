"""A population of the network as parameters of an application on the chip."""

from __future__ import annotations

from math import prod

import numpy as np

from snncc.ir import Arithmetic, Network, Node, Param, Single, Values, values_of
from snncc.ir.ops import IF, LI, LIF, CubaLIF, DualCubaLIF, Spiking
from snncc.ir.passes import start

from .arithmetic import NEVER, Population
from .paths import refused


def population(
    network: Network, node: Node, a: Arithmetic, warm: int, *, on_chip: bool
) -> Population:
    """The population's parameters, in codes of its potential.

    Args:
        network: quantized, states in single precision.
        node: the population.
        a: its arithmetic.
        warm: ticks for which it runs before its tick 0.
        on_chip: whether the chip computes it, not the host.

    Raises:
        LoweringRefused: S002, S005, S014, what no application computes.
    """
    op, shape = node.op, network.shapes[node.name]
    size = prod(shape)
    if any(not isinstance(format, Single) for format in node.formats.values()):
        raise refused("S001", node, "its states are not in single precision; run single-precision")

    def codes(value: Param) -> Values:
        return np.broadcast_to(a.quantity(value, "v"), shape).reshape(-1).astype(np.float32)

    def factor(value: Param) -> Values:
        real = values_of(value, network.tensors).astype(np.float32)
        return np.broadcast_to(real, shape).reshape(-1)

    if not isinstance(op, IF | LIF | LI | DualCubaLIF | CubaLIF):
        raise refused("S002", node, f"{op.keyword} has no application on SpiNNaker 2")
    if isinstance(op, Spiking):
        check(network, node, on_chip)
    decay = np.ones(size, dtype=np.float32) if isinstance(op, IF) else factor(op.decay)
    initial = start(network, node, warm) if warm else None
    if warm and initial is None:
        raise refused("S014", node, "its constants would make it fire before it hears anything")
    begin = codes(op.initial) if initial is None else np.asarray(initial).reshape(-1)
    if isinstance(op, LI):
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


def _currents(op: Spiking, factor: object) -> tuple[Values, Values] | None:
    assert callable(factor)
    if isinstance(op, DualCubaLIF):
        return factor(op.excitatory_decay), factor(op.inhibitory_decay)
    if isinstance(op, CubaLIF):
        return factor(op.current_decay), factor(op.current_decay)
    return None


def check(network: Network, node: Node, on_chip: bool) -> None:
    """Refuses a neuron that no application computes.

    Raises:
        LoweringRefused: S002 or S005, with what it has and what an application has.
    """
    op = node.op
    assert isinstance(op, Spiking)
    threshold, amount = (
        np.broadcast_to(values_of(p, network.tensors), network.shapes[node.name])
        for p in (op.threshold, op.reset_amount)
    )
    reasons = (
        ("S002", op.spikes != 1, "it fires several spikes in a tick; cores send one"),
        ("S005", op.compare != ">=", "it fires above its threshold, not at it; run at-threshold"),
        ("S005", op.reset_order != "now", f"it resets {op.reset_order}, cores reset at once; "
         "its potential is read, it rechecks its threshold, or its current acts a tick late"),
        ("S005", op.reset == "none", "it never resets"),
        ("S005", op.reset == "subtract" and bool(np.any(threshold != amount)),
         "it subtracts something else than its threshold"),
        ("S005", op.floored, "its potential has a floor"),
        ("S005", bool(op.refractory) and (op.reset == "subtract" or np.any(amount >= threshold)),
         "it waits after a spike where it may lie above its threshold; cores would fire"),
        ("S005", isinstance(op, CubaLIF) and (on_chip or op.current_order != "new"),
         "it has one current for excitation and inhibition; run split-signs"),
    )  # fmt: skip
    for rule, holds, text in reasons:
        if holds:
            raise refused(rule, node, text)
