"""Proposals: what quantize may round in place of a network's own parameters; judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from snncc.ir import Network, Trace, Values, run
from snncc.ir.ops import Spiking
from snncc.ir.passes import Quantize, Ranges

from .decays import add_to_bias, count_finer, list_recorded, make_up_decays
from .driven_layers import Layer, find_layers
from .moments import list_read, measure_moments, read_wire
from .round_layer import Way, round_layer


@dataclass(frozen=True)
class Plan:
    """What is to be chosen.

    Attributes:
        ways: population -> how the weights that drive it are rounded; as usual where not named.
        potentials: whether potentials count finer where there is room, and decays make up for what
            rounding takes.
        biases: population -> what is added to its bias, in real units.
        variant: of several roundings that are as good.
    """

    ways: Mapping[str, Way] = field(default_factory=lambda: MappingProxyType({}))
    potentials: bool = False
    biases: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    variant: int = 0


class Proposals:
    """What a float network does on samples, and the choices that follow from it.

    Attributes:
        network: float; all passes before quantize have run.
        layers: those that can be rounded jointly.
    """

    def __init__(self, network: Network, quantize: Quantize, signal: Mapping[str, Values]) -> None:
        """Runs the network.

        Args:
            network: float; all passes before quantize have run.
            quantize: the pass, with the ranges of calibration.
            signal: by input, `[samples, ticks, *shape]`.
        """
        self.network, self._quantize = network, quantize
        usual = quantize(network)
        self.layers = find_layers(network, usual)
        wires = dict.fromkeys((*list_read(self.layers), *list_recorded(network)))
        self._signal, self._trace = signal, run(network, signal, record=wires)
        self._moments = measure_moments(network, self.layers, self._trace)
        self._finer = count_finer(usual, quantize.fraction_bits)
        self._rounded: dict[tuple[str, Way, bool, int], tuple[Values, Values]] = {}

    def choose(self, plan: Plan) -> Ranges:
        """The ranges with what a plan chooses.

        Raises:
            PassError: quantize refuses it.
        """
        chosen: dict[str, Values] = {}
        units: dict[str, Values] = {}
        for layer in self.layers:
            if layer.name in plan.ways:
                weights, own = self._round(layer, plan)
                for driver, part in layer.split_columns(weights):
                    chosen[f"{driver.node.name}.weight"] = part
                    if layer.scalable:
                        units[driver.node.name] = driver.lay_units(own)
        for name, more in plan.biases.items():
            chosen |= add_to_bias(self.network, name, more)
        finer = self._finer if plan.potentials else {}
        found = replace(self._quantize.ranges, chosen=chosen, units=units, finer=finer)
        if not plan.potentials:
            return found
        quantized = replace(self._quantize, ranges=found)(self.network)
        return replace(found, chosen=chosen | make_up_decays(self.network, quantized, self._trace))

    def correct_rates(self, ranges: Ranges, integers: Network) -> Mapping[str, Values]:
        """Population -> what its bias lacks for its mean current to be that of the float network.

        Rounded weights that read spikes of rounded layers: errors of all layers before are in it.

        Args:
            ranges: with what has been chosen so far.
            integers: the integer network that follows from them.
        """
        layers = [each for each in self.layers if self._is_comparable(each, integers)]
        wires = list_read(tuple(layers))
        trace = run(integers, self._signal, record=wires)
        return {layer.name: self._find_lacking(layer, ranges, trace) for layer in layers}

    def _is_comparable(self, layer: Layer, integers: Network) -> bool:
        """Whether all that a layer reads are spikes in both networks, and it has a bias."""
        reads = [driver.node.inputs[0] for driver in layer.drivers]
        return isinstance(layer.population.op, Spiking) and all(
            driver.counts and use.source in integers and not use.state
            for driver, use in zip(layer.drivers, reads, strict=True)
        )

    def _find_lacking(self, layer: Layer, ranges: Ranges, trace: Trace) -> Values:
        lacking = np.zeros(len(layer.weights))
        for driver in layer.drivers:
            use, node = driver.node.inputs[0], driver.node
            rounded = ranges.chosen.get(f"{node.name}.weight")
            if rounded is None:
                rounded = np.rint(driver.weights / driver.step) * driver.step
            means = [
                _find_means(read_wire(each, use), driver.weights) for each in (self._trace, trace)
            ]
            lacking += driver.weights @ means[0] - rounded.reshape(driver.weights.shape) @ means[1]
        first = layer.drivers[0]
        return lacking.reshape(-1, *(1,) * (len(first.shape) - 2))

    def _round(self, layer: Layer, plan: Plan) -> tuple[Values, Values]:
        way = plan.ways[layer.name]
        key = layer.name, way, plan.potentials, plan.variant
        if key not in self._rounded:
            k = self._finer.get(layer.name, 0.0) if plan.potentials else 0.0
            k = k or float(self._quantize.fraction_bits)
            moments = self._moments[layer.name]
            self._rounded[key] = round_layer(layer, moments, way, int(k), plan.variant)
        return self._rounded[key]


def _find_means(values: Values, weights: Values) -> Values:
    """Mean of what each column `[columns]` reads; of a convolution, that of its channel."""
    columns = weights.shape[1]
    if values.shape[-1] == columns:
        return np.asarray(values.reshape(-1, columns).mean(axis=0))
    channels = values.shape[2]
    each = values.mean(axis=(0, 1, *range(3, values.ndim)))
    return np.repeat(each, columns // channels)
