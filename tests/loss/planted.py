"""Trained models as integers, and faults that are planted in them; no tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from snncc.backend_and_frontend import backend
from snncc.backends import Settings
from snncc.ir import (
    Network,
    Node,
    Quantity,
    Ref,
    Tensor,
    Values,
    arithmetics,
    values_of,
    verify,
)
from snncc.ir.ops import Spiking, Weighted
from snncc.ir.passes import calibrate
from snncc.loss import Cause, Counterfactual
from snncc.run import lower_in_stages
from tests.zoo_models import trained

SAMPLES, TICKS = 6, 30
BITS, THRESHOLD, STATE_BITS = 3, 1.02, 10


@dataclass(frozen=True)
class Integers:
    """A trained model as integers for a target.

    Attributes:
        runs: of the network as it is lowered.
        signal: some test samples.
    """

    source: Network
    runs: Counterfactual
    signal: Values
    labels: Values | None


@cache
def make_integers(model: str, target: str, options: str = "") -> Integers:
    """A model of the zoo as a target's passes make it."""
    network, samples = trained(model)
    signal = np.asarray(samples.signal[:SAMPLES, :TICKS], dtype=np.float64)
    ranges = calibrate(network, signal)
    given = dict(pair.split("=") for pair in options.split(",") if pair)
    chosen = backend(target)
    steps = chosen.passes(network, Settings(8, 32, given, ranges.rates), ranges)
    stages = lower_in_stages(network, steps)
    labels = None if samples.labels is None else samples.labels[:SAMPLES]
    return Integers(
        network, Counterfactual(stages.last, stages.last, stages.before), signal, labels
    )


Planted = tuple[Node, Cause, Network]


def plant_coarse_weights(network: Network) -> Iterator[Planted]:
    """Networks with one node whose weights have as many values as 3 bits do."""
    for node in network:
        if not isinstance(node.op, Weighted):
            continue
        weight = values_of(node.op.weight, network.tensors)
        largest = np.abs(weight).max(axis=-1, keepdims=True)
        step = np.where(largest == 0, 1, largest) / ((1 << (BITS - 1)) - 1)
        coarse = np.rint(weight / step) * step
        if weight.ndim > 1 and not np.array_equal(coarse, weight):
            yield node, Cause.WEIGHTS, _with_tensor(network, node, "weight", coarse)


def plant_high_thresholds(network: Network) -> Iterator[Planted]:
    """Networks with one population whose threshold is 2 % too high."""
    for node in network.populations:
        if isinstance(node.op, Spiking):
            high = values_of(node.op.threshold, network.tensors) * THRESHOLD
            yield node, Cause.CONSTANTS, _with_tensor(network, node, "threshold", high)


def plant_narrow_states(network: Network) -> Iterator[Planted]:
    """Networks with one population whose states have 10 bits, in which its threshold just fits."""
    numbers = arithmetics(network)
    for node in network.populations:
        if not isinstance(node.formats.get("v"), Quantity):
            continue
        unit, name = numbers[node.name][0].input_unit(), f"{node.name}.unit.planted"
        most = max(float(np.max(each / unit)) for each in node.op.magnitudes(network.tensors))
        room = ((1 << (STATE_BITS - 1)) - 1) / most
        if room >= 1:
            unit = unit * 2.0 ** -np.floor(np.log2(room))
            narrow = {
                role: replace(each, bits=STATE_BITS, unit=name)
                if isinstance(each, Quantity)
                else each
                for role, each in node.formats.items()
            }
            tensors = {**network.tensors, name: Tensor(unit)}
            planted = network.edit([replace(node, formats=narrow)], tensors=tensors)
            yield node, Cause.STATE, verify(planted)


def _with_tensor(network: Network, node: Node, field: str, values: Values) -> Network:
    name = f"{node.name}.{field}.planted"
    tensors = {**network.tensors, name: Tensor(values)}
    op = node.op.with_fields(**{field: Ref(name)})
    return verify(network.edit([replace(node, op=op)], tensors=tensors))
