"""What the inputs of layers do together in a run of the float network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snncc.ir import Network, Tensors, Trace, Use, Values
from snncc.ir.ops import Conv

from .driven_layers import Driver, Layer

MOST_ROWS = 1 << 16  # at which a layer's inputs are looked at: places, ticks and samples


def measure_moments(network: Network, layers: tuple[Layer, ...], trace: Trace) -> dict[str, Values]:
    """Population -> mean products of all that its weights read `[columns, columns]`.

    What a neuron reads is summed up as its potential does, with its decay: a rounding error of a
    tick stays in the potential, and meets those of the ticks to come.

    Args:
        network: float.
        layers: of it.
        trace: a run in which the wires of `list_read` were recorded.
    """
    return {layer.name: _multiply(_gather_inputs(network, layer, trace)) for layer in layers}


def list_read(layers: tuple[Layer, ...]) -> list[str]:
    """The wires that the weights of layers read, without their delays."""
    uses = (driver.node.inputs[0] for layer in layers for driver in layer.drivers)
    return list(dict.fromkeys(str(replace(use, delay=0)) for use in uses))


def read_wire(trace: Trace, use: Use) -> Values:
    """What a wire carries, delayed: `[samples, ticks, *shape]`."""
    values = trace[str(replace(use, delay=0))]
    if not use.delay:
        return values
    late = np.zeros_like(values)
    late[:, use.delay :] = values[:, : -use.delay]
    return late


def _multiply(inputs: Values) -> Values:
    return np.asarray(inputs.T @ inputs / max(1, len(inputs)))


def _gather_inputs(network: Network, layer: Layer, trace: Trace) -> Values:
    """`[places, columns]`: what the columns of a layer read, at some places of some ticks."""
    parts = [
        _unfold(
            driver, _leak(read_wire(trace, driver.node.inputs[0]), layer.decay), network.tensors
        )
        for driver in layer.drivers
    ]
    whole = np.concatenate(parts, axis=-1)
    return whole[:: max(1, len(whole) // MOST_ROWS)]


def _leak(values: Values, decay: float) -> Values:
    """Values that leak from tick to tick, flattened over samples and ticks."""
    kept, found = np.zeros(values[:, 0].shape), np.empty(values.shape)
    for tick in range(values.shape[1]):
        kept = kept * decay + values[:, tick]
        found[:, tick] = kept
    return found.reshape(-1, *values.shape[2:])


def _unfold(driver: Driver, values: Values, tensors: Tensors) -> Values:
    """`[places, columns]`: what each column reads at each place of each sample."""
    op, columns = driver.node.op, driver.weights.shape[1]
    if not isinstance(op, Conv):
        return values.reshape(-1, columns)
    places = max(1, columns * int(np.prod(values.shape[2:])))
    some = values[:: max(1, len(values) * places // (MOST_ROWS * columns))]
    unit = np.eye(columns).reshape(columns, *driver.shape[1:])
    return np.moveaxis(op.apply(some, unit, tensors), 1, -1).reshape(-1, columns)
