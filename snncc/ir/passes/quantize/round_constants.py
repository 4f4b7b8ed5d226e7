"""RoundConstants: thresholds and biases that registers with few significant bits can hold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...arithmetic.arithmetic import Arithmetic
from ...edit import keep_tensor, tidy
from ...edit import replace as replace_nodes
from ...errors import PassError
from ...network import Network, Node
from ...ops import Spiking
from ...param import Param, Values, values_of
from ...views import arithmetics
from ..base import Effect, Pass


@dataclass(frozen=True)
class RoundConstants(Pass):
    """Round thresholds to a grid, and biases to a number of significant bits.

    A chip that aligns a threshold register by a shift compares with multiples of `grid` only: a
    threshold code becomes the nearest multiple, not zero unless it is (and one more where the
    neuron fires at the threshold: `v >= n + 1` is `v > n`). A bias register of mantissa and
    exponent holds `bias_bits` bits of a code, or multiples of `bias_grid` only. Touched are
    populations that such registers can describe: reset to zero, states at least `grid` times finer
    than their current.

    Establishes: there, a threshold is a multiple of `grid`, a bias m 2**e with |m| < 2**bias_bits.
    May change: spikes, within what rounding of the constants does.
    Stands after quantize: it rounds codes.
    """

    name = "round-constants"
    effect = Effect.APPROXIMATE
    agreement = 0.5
    of_spikes = True
    grid: int = 64
    bias_bits: int = 12
    bias_grid: int = 1

    def __call__(self, network: Network) -> Network:
        for name in ("grid", "bias_bits", "bias_grid"):
            if getattr(self, name) < 1:
                raise PassError(f"round-constants: {name} is {getattr(self, name)}, at least 1")
        if not network.quantized:
            raise PassError("round-constants: the network has no number formats; run quantize")
        numbers = arithmetics(network)
        for node, op in network.neurons:
            a = numbers[node.name][0]
            if self._is_plain(op, a):
                network = self._round(network, node, op, a)
        return tidy(network)

    def _is_plain(self, op: Spiking, a: Arithmetic) -> bool:
        if op.membrane is None or op.reset != "value" or op.reset_amount != 0.0:
            return False
        finer = a.input_unit() / a.unit_of("v")
        return bool(np.all(finer >= self.grid))

    def _round(self, network: Network, node: Node, op: Spiking, a: Arithmetic) -> Network:
        unit = a.unit_of("v")
        late = 1 if op.compare == ">=" else 0
        old = a.quantity(op.threshold, "v") - late
        least = np.where(old > 0, 1, 0)  # at zero it would fire by itself
        threshold = np.maximum(np.rint(old / self.grid), least) * self.grid + late
        bias = a.quantity(op.bias, "v")
        lost = np.maximum(np.exp2(_length(bias) - self.bias_bits), self.bias_grid)
        network, first = _param(network, f"{node.name}.threshold", op.threshold, threshold * unit)
        network, second = _param(
            network, f"{node.name}.bias", op.bias, np.rint(bias / lost) * lost * unit
        )
        return replace_nodes(network, replace(node, op=replace(op, threshold=first, bias=second)))


def _length(codes: Values) -> Values:
    """Bits of the magnitude of integers."""
    return np.ceil(np.log2(np.abs(codes) + 1.0))


def _param(network: Network, name: str, old: Param, new: Values) -> tuple[Network, Param]:
    """The values as a parameter: one number where the old one was one."""
    if np.array_equal(values_of(old, network.tensors), new):
        return network, old
    if new.size == 1 and isinstance(old, float):
        return network, float(new.reshape(()))
    shape = values_of(old, network.tensors).shape
    return keep_tensor(network, name, np.broadcast_to(new, np.broadcast_shapes(shape, new.shape)))
