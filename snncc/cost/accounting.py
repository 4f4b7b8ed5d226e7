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


def count_accesses(layer: LayerCounts) -> dict[str, float]:
    """What Lemaire et al. count, arXiv 2210.13107: operations, addresses, and accesses to memories.

    A spike is read from a queue; for each synapse that it has, an address is added up, a weight is
    read, and a potential read and written. A convolution multiplies twice to find the first of
    them. Where real values arrive, all products are done, and every use of an input is a read. A
    neuron reads and writes its potential once a tick, multiplies if it leaks, and is reset by an
    addition. The paper takes the whole kernel for every spike; here it ends at the border.
    """
    arriving = layer.rate * layer.inputs * layer.ticks
    slides = layer.kernel_positions > 0
    spikes = layer.products if layer.binary else 0.0
    real = 0.0 if layer.binary else layer.dense
    addresses = layer.inputs + layer.outputs + layer.kernel_positions
    around = layer.ticks * addresses if real else 0.0
    searched = 2 * arriving if slides and layer.binary else 0.0
    read = arriving if layer.binary else real if slides else layer.inputs * layer.ticks
    return {
        "accumulation": 2 * spikes + layer.biases + layer.spikes + around,
        "multiply-accumulation": real + searched + (layer.updates if layer.leaks else 0.0),
        "access to inputs": read if layer.dense else 0.0,
        "access to weights": spikes + real + layer.biases,
        "access to potentials": 2 * spikes + 2 * layer.updates,
        "access to spikes": layer.spikes,
    }


QUEUE_BYTES = 1_000 * 4
"""Of a queue of spikes between layers: that of the experiments in the paper."""
WORD_BYTES = 4
"""Of what that paper reads at once."""

CAPACITY: Mapping[str, Callable[[LayerCounts], float]] = {
    "access to inputs": lambda of: QUEUE_BYTES if of.binary else WORD_BYTES * of.inputs,
    "access to weights": lambda of: WORD_BYTES * (of.weights + of.stored_biases),
    "access to potentials": lambda of: WORD_BYTES * (of.neurons or of.outputs),
    "access to spikes": lambda of: QUEUE_BYTES,
}
"""Count → bytes of the memory that is accessed, where a price may depend on them."""

ACCOUNTING: Mapping[str, Accounting] = {
    "exact": count_exactly,
    "fan-out": count_by_fan_out,
    "rates": count_by_rates,
    "rates-but-first": count_by_rates_but_first,
    "events": count_events,
    "accesses": count_accesses,
}
