"""Decays that make up for what rounding their products takes; how fine potentials may count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from snncc.ir import Factor, Network, Node, Param, Quantity, Rounding, Trace, Values, values_of
from snncc.ir.ops import Spiking

USUAL_BITS = 8  # of weights; potentials of fewer count as fine as with these
MORE_BITS = 4  # of potentials, where their width has room
LOST = 0.5  # of a code, that rounding toward zero takes in the mean


def count_finer(quantized: Network, fraction_bits: int) -> Mapping[str, float]:
    """Population -> k, by which its potential is to count 2**k finer than its current.

    Weights of fewer bits have a coarser unit; what is taken from their potentials when these decay
    is to stay as small as with 8.

    Args:
        quantized: with the formats that quantize chooses by itself.
        fraction_bits: its k.
    """
    found: dict[str, float] = {}
    for node in quantized.integrators:
        bits = [_find_bits(quantized, use.source) for use in node.inputs]
        narrowest = min((b for b in bits if b), default=USUAL_BITS)
        more = MORE_BITS + max(0, USUAL_BITS - narrowest)
        found[node.name] = float(fraction_bits + more)
    return found if fraction_bits else {}


def _find_bits(quantized: Network, name: str) -> int:
    """Bits of the weights that lead to a node by stateless ones; zero where there are none."""
    pending, seen, found = [name], {name}, list[int]()
    while pending:
        node = quantized[pending.pop()]
        format = node.formats.get("weight")
        if isinstance(format, Quantity):
            found.append(format.bits)
        elif not node.op.states:
            more = {use.source for use in node.inputs} - seen
            seen |= more
            pending += more
    return max(found, default=0)


def list_potentials(network: Network) -> Iterator[tuple[Node, str, Param, str]]:
    """Each decay of a membrane: its node, field and value, and the state that it multiplies."""
    for node, op in network.neurons:
        membrane = op.membrane
        if membrane is None:
            continue
        pairs = (("decay", membrane.decay, "v"), ("current_decay", membrane.current_decay, "i"))
        for field, value, state in pairs:
            if value is not None and value != 1.0 and field in type(op).stated:
                yield node, field, value, state


def list_recorded(network: Network) -> list[str]:
    """The wires of all states that decay."""
    return [f"%{node.name}.{state}" for node, _, _, state in list_potentials(network)]


def make_up_decays(network: Network, quantized: Network, trace: Trace) -> dict[str, Values]:
    """`NODE.FIELD` -> a decay with which a potential decays on average as the real one does.

    An integer product is rounded toward zero, which takes half a code of all that reaches one. The
    decay d' is the one that minimises the mean square of d' |v| - 1/2 - d |v| over the run, so
    d' = d + mean |v| / (2 mean v**2), with v in codes.

    Args:
        network: float.
        quantized: of it, with the units that potentials have.
        trace: a run of the float network with the wires of `list_recorded`.
    """
    found: dict[str, Values] = {}
    for node, field, value, state in list_potentials(network):
        there = quantized[node.name]
        role = there.op.state(state).role
        format, factor = there.formats.get(role), there.formats.get(field)
        whole = isinstance(format, Quantity) and isinstance(format.unit, str)
        if not whole or not isinstance(factor, Factor):
            continue
        if factor.rounding is not Rounding.TOWARD_ZERO:
            continue
        assert isinstance(format, Quantity) and isinstance(format.unit, str)
        codes = np.abs(trace[f"%{node.name}.{state}"]) / quantized.tensors[format.unit].values
        real = values_of(value, network.tensors)
        axes = (0, 1) if real.size > 1 else tuple(range(codes.ndim))
        square = np.mean(codes * codes, axis=axes)
        taken = LOST * np.mean(np.where(codes >= 1, codes, 0), axis=axes)
        more = np.divide(taken, square, out=np.zeros_like(square), where=square > 0)
        found[f"{node.name}.{field}"] = np.minimum(real + more, (1 + real) / 2)
    return found


def add_to_bias(network: Network, name: str, more: Values) -> dict[str, Values]:
    """`NODE.FIELD` -> the bias of a population with something added, in real units."""
    op = network[name].op
    assert isinstance(op, Spiking)
    return {f"{name}.bias": np.asarray(values_of(op.bias, network.tensors) + more)}
