"""Cores of a program to chips: which share one, and where those chips are."""

from __future__ import annotations

import numpy as np

from snncc.ir import Integers, Values

from ..chip.machine import Machine
from ..chip.target import USABLE_CORES_PER_CHIP
from . import hypergraph
from .quadratic_assignment import assign
from .traffic import Traffic

FILL = 0.97  # of a chip's cores, where there are chips to spare: room to keep what belongs together
ROUNDS = 1000  # exchanges of chips


def groups(traffic: Traffic, machine: Machine, seed: int = 0) -> Integers:
    """A chip for each core such that few spikes go from chip to chip: int64 [cores]."""
    slots = USABLE_CORES_PER_CHIP
    if traffic.cores <= slots:
        return np.zeros(traffic.cores, dtype=np.int64)
    count = min(machine.chips, -int(-traffic.cores // (FILL * slots)))
    if not hypergraph.available():
        return np.arange(traffic.cores) * count // traffic.cores
    return hypergraph.blocks(traffic, count, slots, seed)


def settle(traffic: Traffic, machine: Machine, chips: Integers, seed: int = 0) -> Integers:
    """The same groups on other chips, such that those that communicate are near: int64 [cores]."""
    flow = _flow(traffic, machine.chips, chips)
    sites = assign(flow, machine.distances, np.arange(machine.chips), ROUNDS, seed)
    return sites[chips]


def _flow(traffic: Traffic, count: int, chips: Integers) -> Values:
    """Packets between groups, either way; one for each group that a spike enters."""
    entered = np.unique(traffic.sources * count + chips[traffic.targets])
    source, target = np.divmod(entered, count)
    pairs = chips[source] * count + target
    flow = np.bincount(pairs, traffic.weights[source], minlength=count * count)
    flow = flow.reshape(count, count)
    np.fill_diagonal(flow, 0)
    return flow + flow.T
