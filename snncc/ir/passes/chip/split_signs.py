"""SplitSigns: a current for excitation and one for inhibition, where a neuron has one for both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ...edit import find_fresh, insert, keep_tensor, tidy
from ...edit import replace as replace_nodes
from ...errors import PassError
from ...network import Network, Node, Use
from ...ops import AvgPool, Concat, CubaLIF, DualCubaLIF, Reshape, Slice, Sum, SumPool, Weighted
from ...param import Param, Ref, Values, values_of
from ...views import arithmetic
from ..base import Effect, Pass
from ..fold.move_constants import lay
from ..fold.prune import Prune
from ..quantize.units import kinds, wire_kind


@dataclass(frozen=True)
class SplitSigns(Pass):
    """Give CuBa neurons an excitatory and an inhibitory current, as cores do that keep both.

    Both decay alike, so their difference is the one current there was; but in floats each rounds
    on its own. Weights are taken apart by their sign. What the bias of such a neuron puts into its
    current becomes a bias of synapses, in whole codes; the rest of it, less than one code, reaches
    the potential at once, at the strength at which the current would settle.

    Establishes: neurons with a current of their own, driven by spikes, are `dual_cuba_lif`.
    May change: the last bit of a float sum, and less than one code of a bias.
    Stands after single-precision, on whole weights, and after reset-now.
    """

    name = "split-signs"
    effect = Effect.APPROXIMATE
    agreement = 0.9
    of_spikes = True

    def __call__(self, network: Network) -> Network:
        whole = network
        for node in whole.populations:
            # The op that it turns into another, field by field.
            if isinstance(node.op, CubaLIF) and _fits(network, node, node.op):
                network = _split(network, node, node.op)
        return tidy(network) if network is whole else Prune()(network)


def _fits(network: Network, node: Node, op: CubaLIF) -> bool:
    read = any(use.state == "i" for use in network.wires(node.name))
    if op.current_order != "new" or read:
        return False
    what = kinds(network)
    pending, seen = list(node.inputs), set(node.inputs)
    while pending:
        source = network[pending.pop().source]
        if isinstance(source.op, Weighted):
            # Weights of what may be negative say nothing of the sign of a current.
            if any(wire_kind(network, use, what) != "count" for use in source.inputs):
                return False
        elif isinstance(source.op, Sum | Reshape | Slice | Concat | SumPool | AvgPool):
            more = [use for use in source.inputs if use not in seen]
            seen.update(more)
            pending += more
        else:
            return False
    return True


@dataclass
class _Half:
    """The part of what drives a neuron whose weights have one sign."""

    network: Network
    sign: int
    suffix: str
    made: dict[str, str] = field(default_factory=dict[str, str])

    def use(self, use: Use) -> Use:
        """The wire that carries that part."""
        if use.source not in self.made:
            self.made[use.source] = self._node(self.network[use.source])
        return replace(use, source=self.made[use.source])

    def _node(self, node: Node) -> str:
        name = find_fresh(self.network, f"{node.name}_{self.suffix}")
        if not isinstance(node.op, Weighted):
            half = replace(node, name=name, inputs=tuple(self.use(use) for use in node.inputs))
            self.network = insert(self.network, half)
            return name
        op = node.op.with_fields(weight=self._part(node.op.weight.name))
        if node.op.bias is not None:
            op = op.with_fields(bias=self._part(node.op.bias.name))
        self.network = insert(self.network, replace(node, name=name, op=op))
        return name

    def _part(self, tensor: str) -> Ref:
        values = np.maximum(self.sign * values_of(Ref(tensor), self.network.tensors), 0)
        self.network, ref = keep_tensor(self.network, f"{tensor}.{self.suffix}", values)
        return ref


def _split(network: Network, node: Node, op: CubaLIF) -> Network:
    whole, rest = _bias(network, node, op)
    uses: list[Use] = []
    for sign, suffix in ((1, "exc"), (-1, "inh")):
        half = _Half(network, sign, suffix)
        uses.append(half.use(node.inputs[0]))
        network = half.network
        part = np.maximum(sign * whole, 0)
        if np.any(part):
            laid = lay(network, uses[-1], part)
            if laid is None:
                raise PassError(
                    node.problem(
                        "split-signs",
                        "its bias flows through its current, and no weights stand before it whose "
                        "bias that could be; give the bias to a layer before it",
                    )
                )
            network = laid
    network, dual = _dual(network, node, op, rest)
    formats = dict(node.formats)
    decay = formats.pop("current_decay", None)
    if decay is not None:
        formats |= {"excitatory_decay": decay, "inhibitory_decay": decay}
    return replace_nodes(network, replace(node, op=dual, inputs=tuple(uses), formats=formats))


def _bias(network: Network, node: Node, op: CubaLIF) -> tuple[Values, Values]:
    """The bias in whole codes, and what is left of it; in real units, `[*shape]`."""
    shape = network.shapes[node.name]
    bias = np.broadcast_to(values_of(op.bias, network.tensors), shape)
    if not network.quantized:
        return bias, np.zeros(shape)
    unit = np.broadcast_to(arithmetic(network, node.name).input_unit(), shape)
    whole = np.rint(bias / unit) * unit
    return whole, bias - whole


def _dual(network: Network, node: Node, op: CubaLIF, rest: Values) -> tuple[Network, DualCubaLIF]:
    fade = values_of(op.current_decay, network.tensors)
    left = np.divide(
        rest, 1 - fade, out=np.zeros_like(rest), where=np.broadcast_to(fade < 1, rest.shape)
    )
    bias: Param = 0.0
    if np.any(left):
        network, bias = keep_tensor(network, f"{node.name}.rest", left)
    return network, DualCubaLIF(
        **replace(op, bias=bias).shared,
        decay=op.decay,
        excitatory_decay=op.current_decay,
        inhibitory_decay=op.current_decay,
    )
