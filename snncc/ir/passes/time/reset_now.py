"""ResetNow: every order of resetting as the one order that a simple core has."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...edit import find_fresh, insert, keep_tensor
from ...edit import replace as replace_nodes
from ...network import Network, Node, Use
from ...ops import (
    BlockDense,
    Conv,
    Dense,
    Membrane,
    Reshape,
    Sparse,
    Spiking,
    Sum,
    Weighted,
)
from ...param import Values, values_of
from ..base import Effect, Pass
from ..quantize.units import kinds, wire_kind

SIDE_BY_SIDE = 16  # synapses of a neuron to itself: each costs a core memory and work in every tick


@dataclass(frozen=True)
class ResetNow(Pass):
    """Let neurons reset in the tick of their spike, by their threshold or to a value.

    A core that subtracts the threshold at once takes `decay threshold` from the next potential. If
    a neuron loses something else there, a synapse of the neuron to itself, one tick late, makes up
    for the difference:

        subtract, now or before-decay    - decay (amount - threshold)
        subtract, after-decay or -input  - (amount - decay threshold)
        none                             + decay threshold
        value, after-decay               resets to amount / decay
        value, after-input               waits for a tick: what it holds then is the amount

    A neuron with a current of its own gets a second synapse, two ticks late, that takes back what
    the first one leaves in the current; a current that decays last is one that decays first.

    Establishes: where that is possible, `reset_order` is now, a subtraction is of the threshold.
    May change: the last bit of a float sum; a potential that nothing reads.
    Leaves as they are: neurons whose potential is read, that fire several spikes in a tick, have a
    floor, recheck their threshold, adapt it, begin above it, whose current acts a tick late, that
    real values drive, since weights of these have units of their own, or whose threshold is so far
    beyond the weights of their synapses that the difference takes more than 16 of them.
    Stands before quantize: the synapses get codes like all others.
    """

    name = "reset-now"
    effect = Effect.APPROXIMATE
    agreement = 0.999

    def __call__(self, network: Network) -> Network:
        for node, op in network.neurons:
            if op.membrane is not None and _fits(network, node, op, op.membrane):
                network = _rewrite(network, node, op, op.membrane)
        return network


def _fits(network: Network, node: Node, op: Spiking, membrane: Membrane) -> bool:
    if network.quantized:
        return False
    settled = op.reset_order == "now" and (
        op.reset == "value" or (op.reset == "subtract" and op.reset_amount == op.threshold)
    )
    if settled and membrane.current_order == "new":
        return False
    read = any(use.state for use in network.wires(node.name))
    waits = op.refractory and not settled
    what = kinds(network)
    wires = [*node.inputs, *(use for other in _find_driving(network, node) for use in other.inputs)]
    real = any(wire_kind(network, use, what) not in ("count", "current") for use in wires)
    threshold, initial = (values_of(p, network.tensors) for p in (op.threshold, op.initial))
    above = np.any(initial >= threshold)
    late = membrane.current_order == "old"
    odd = op.spikes > 1 or op.floored or op.reset_order == "rechecked" or real
    return not (read or waits or above or late or odd) and not _is_bottomless(network, op, membrane)


def _is_bottomless(network: Network, op: Spiking, membrane: Membrane) -> bool:
    """Whether no value before a decay gives the value after it, or a held one would fire."""
    if op.reset != "value":
        return False
    amount = values_of(op.reset_amount, network.tensors)
    if op.reset_order == "after-decay":
        decay = values_of(membrane.decay, network.tensors)
        return bool(np.any((decay == 0) & (amount != 0)))
    if op.reset_order == "after-input":
        return bool(np.any(amount >= values_of(op.threshold, network.tensors)))
    return False


def _rewrite(network: Network, node: Node, op: Spiking, membrane: Membrane) -> Network:
    decay = values_of(membrane.decay, network.tensors)
    threshold = values_of(op.threshold, network.tensors)
    amount = values_of(op.reset_amount, network.tensors)
    order = op.reset_order
    if membrane.current_order != "new":
        op = op.with_fields(current_order="new")
    if op.reset == "value":
        now = replace(op, reset_order="now")
        if order == "after-input":
            now = replace(now, refractory=1)
        elif order == "after-decay" and np.any(amount):
            amount, fade = np.broadcast_arrays(amount, decay)
            before = np.divide(amount, fade, out=np.zeros(amount.shape), where=fade > 0)
            network, new = keep_tensor(network, f"{node.name}.reset", before)
            now = replace(now, reset_amount=new)
        return replace_nodes(network, replace(node, op=now))
    if op.reset == "none":
        extra = decay * threshold
    elif order in ("now", "before-decay"):
        extra = -decay * (amount - threshold)
    else:
        extra = -(amount - decay * threshold)
    if _side_by_side(network, node, extra) > SIDE_BY_SIDE:
        return network
    now = replace(op, reset="subtract", reset_order="now", reset_amount=op.threshold)
    network = replace_nodes(network, replace(node, op=now))
    if not np.any(extra):
        return network
    network = _to_itself(network, node.name, extra, 1)
    if membrane.current_decay is not None:
        fade = values_of(membrane.current_decay, network.tensors)
        network = _to_itself(network, node.name, -fade * extra, 2)
    return network


def _to_itself(network: Network, name: str, weight: Values, delay: int) -> Network:
    """The network with a synapse of each neuron to itself, so many ticks late."""
    node, shape = network[name], network.shapes[name]
    full = np.broadcast_to(weight, shape)
    times = _side_by_side(network, node, weight)
    network, end = _diagonal(network, name, full / times, delay, _find_driving(network, node))
    total = find_fresh(network, f"{name}_total")
    uses = (*node.inputs, *(Use(end),) * times)
    network = insert(network, Node(total, Sum(), uses, origin=node.origin))
    return replace_nodes(network, replace(network[name], inputs=(Use(total),)))


def _side_by_side(network: Network, node: Node, weight: Values) -> int:
    """How many synapses carry a weight together, none of them larger than a neuron's others.

    One beyond the others would make the unit of all of them coarse.
    """
    largest = max((_largest(network, other) for other in _find_driving(network, node)), default=0.0)
    return max(1, int(np.ceil(np.max(np.abs(weight)) / largest))) if largest else 1


def _find_driving(network: Network, node: Node) -> tuple[Node, ...]:
    """The nodes with weights from which a population's current comes."""
    found: dict[str, Node] = {}
    pending, seen = [use.source for use in node.inputs], set[str]()
    while pending:
        source = network[pending.pop()]
        if isinstance(source.op, Weighted):
            found[source.name] = source
        elif not source.op.states and source.name not in seen:
            seen.add(source.name)
            pending += [use.source for use in source.inputs]
    return tuple(found.values())


def _largest(network: Network, node: Node) -> float:
    assert isinstance(node.op, Weighted)
    return float(np.max(np.abs(values_of(node.op.weight, network.tensors)), initial=0.0))


def _diagonal(
    network: Network, name: str, full: Values, delay: int, others: tuple[Node, ...]
) -> tuple[Network, str]:
    """Weights `[*shape]` from each neuron to itself, in the op that shares them as others do."""
    back = find_fresh(network, f"{name}_reset")
    origin, use = network[name].origin, Use(name, delay)
    conv = next((other.op for other in others if isinstance(other.op, Conv)), None)
    same_first = bool(
        np.all(full == full.reshape(len(full), -1)[:, :1].reshape(-1, *_make_ones(full)))
    )
    if full.ndim == 1:
        index = np.arange(full.size)
        network, rows = keep_tensor(network, f"{name}.self", index)
        network, weight = keep_tensor(network, f"{back}.weight", full)
        op: Weighted = Sparse(weight, rows, rows, full.size)
    elif conv is not None and same_first and full.ndim == len(conv.stride) + 1:
        axes = len(conv.stride)
        kernel = full.reshape(len(full), -1)[:, 0].reshape(-1, 1, *(1,) * axes)
        network, weight = keep_tensor(network, f"{back}.weight", kernel)
        once = (1,) * axes
        op = Conv(weight, once, ((0, 0),) * axes, once, len(full))
    elif np.all(full == full.reshape(-1, full.shape[-1])[0]):
        row = full.reshape(-1, full.shape[-1])[0]
        network, weight = keep_tensor(network, f"{back}.weight", np.diag(row))
        op = Dense(weight)
    else:
        return _insert_weights(network, back, use, full)
    return insert(network, Node(back, op, (use,), origin=origin)), back


def _make_ones(full: Values) -> tuple[int, ...]:
    return (1,) * (full.ndim - 1)


def _insert_weights(network: Network, back: str, use: Use, full: Values) -> tuple[Network, str]:
    """One weight for each neuron, where no op shares them so."""
    origin = network[use.source].origin
    network, weight = keep_tensor(network, f"{back}.weight", full.reshape(-1, 1, 1))
    flat, end = find_fresh(network, f"{back}_flat"), find_fresh(network, f"{back}_shaped")
    network = insert(
        network,
        Node(flat, Reshape((full.size, 1)), (use,), origin=origin),
        Node(back, BlockDense(weight), (Use(flat),), origin=origin),
        Node(end, Reshape(full.shape), (Use(back),), origin=origin),
    )
    return network, end
