"""The accountings: which counts of a layer a model of energy prices; no price in here.

Papers mean different things by "operations". Each function takes the counts of one layer, and
gives those that its convention prices, by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .layer_counts import LayerCounts

Accounting = Callable[[LayerCounts], Mapping[str, float]]


def count_exactly(layer: LayerCounts) -> dict[str, float]:
    """What is done if nothing is done for zeros: NeuroBench 2.3's effective operations.

    Products by 1 or -1 are accumulations, all others multiply-accumulations.
    """
    return {
        "accumulation": layer.accumulates,
        "multiply-accumulation": layer.multiplies,
        "neuron update": layer.updates,
        "spike": layer.spikes,
        "other value": layer.others,
    }


def count_by_fan_out(layer: LayerCounts) -> dict[str, float]:
    """SpikingJelly 2.0's simple model: a spike costs its fan-out, and a real input all products.

    Weights and biases are read at each use, states are read and written once a tick, as
    `NeuromorphicMemoryAccessCounter` says.
    """
    products = layer.products if layer.binary else layer.dense
    states = layer.state_bytes / layer.neurons * layer.updates if layer.neurons else 0.0
    return {
        "accumulation": products if layer.binary else 0.0,
        "multiply-accumulation": 0.0 if layer.binary else products,
        "byte of weights": products * layer.weight_bytes,
        "byte of biases": layer.biases * layer.weight_bytes,
        "byte of states": 2 * states,
    }


def count_by_rates(layer: LayerCounts) -> dict[str, float]:
    """The accounting of the Spikingformer authors' tool: rate times dense operations.

    A bias is one more operation; what does not receive spikes counts in full, as
    multiply-accumulations; of two signals that are multiplied the smaller rate of the two counts.
    """
    operations = layer.dense + layer.biases
    return {
        "accumulation": layer.rate * operations if layer.binary else 0.0,
        "multiply-accumulation": 0.0 if layer.binary else operations,
    }


def count_by_rates_but_first(layer: LayerCounts) -> dict[str, float]:
    """That of the Spikformer and Spike-driven Transformer papers: SOP = rate x ticks x FLOP.

    Where the user's signal arrives, all products count, as multiply-accumulations; everywhere
    else the rate is the share of inputs that are not zero, also where they are sums of spikes.
    """
    return {
        "accumulation": 0.0 if layer.first else layer.rate * layer.dense,
        "multiply-accumulation": layer.dense if layer.first else 0.0,
    }


def count_events(layer: LayerCounts) -> dict[str, float]:
    """What an event-driven chip does: reads of synapses, updates of neurons, spikes sent."""
    return {
        "synapse read": layer.products,
        "neuron update": layer.updates,
        "spike": layer.spikes,
    }


ACCOUNTING: Mapping[str, Accounting] = {
    "exact": count_exactly,
    "fan-out": count_by_fan_out,
    "rates": count_by_rates,
    "rates-but-first": count_by_rates_but_first,
    "events": count_events,
}
