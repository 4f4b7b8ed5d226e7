"""Mt-KaHyPar, where it is installed: cores into blocks that few spikes leave; its only user.

L. Gottesbüren, T. Heuer, N. Maas, P. Sanders, S. Schlag, "Scalable High-Quality Hypergraph
Partitioning", ACM Transactions on Algorithms 20(1), 2024; mtkahypar 1.7 (MIT), deterministic
preset, which gives the same blocks for any number of threads.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.util import find_spec
from typing import Any, cast

import numpy as np

from snncc.ir import Integers

from ..chip.target import USABLE_CORES_PER_CHIP
from .traffic import Traffic

EDGE_SHARE = (
    4  # edges of more than a quarter of all cores are left out: they enter most blocks anyway
)


def available() -> bool:
    """Whether the partitioner is installed."""
    return find_spec("mtkahypar") is not None


def blocks(traffic: Traffic, count: int, capacity: int, seed: int = 0) -> Integers:
    """The block of each core: int64 [cores]; at most `capacity` cores in each of `count`.

    A spike counts once for each block that it must enter (connectivity metric).
    """
    if count == 1:
        return np.zeros(traffic.cores, dtype=np.int64)
    library, started = _start_library()
    library.set_seed(seed)
    context = started.context_from_preset(library.PresetType.DETERMINISTIC)
    context.logging = False
    slack = capacity / -(-traffic.cores // count) - 1
    context.set_partitioning_parameters(count, slack, library.Objective.KM1)
    context.set_individual_target_block_weights([capacity] * count)
    most = max(USABLE_CORES_PER_CHIP, traffic.cores // EDGE_SHARE)
    spread = traffic.offsets.tolist()
    targets = traffic.targets.tolist()
    edges, weights = list[list[int]](), list[int]()
    for core, weight in enumerate(traffic.weights.astype(int).tolist()):
        edge = {core, *targets[spread[core] : spread[core + 1]]}
        if 1 < len(edge) <= most:
            edges.append(sorted(edge))
            weights.append(weight)
    if not edges:
        return np.arange(traffic.cores) // capacity
    ones = [1] * traffic.cores
    graph = started.create_hypergraph(context, traffic.cores, len(edges), edges, ones, weights)
    found = np.array(graph.partition(context).get_partition(), dtype=np.int64)
    assert np.bincount(found, minlength=count).max() <= capacity, "a block is too large"
    return found


@cache
def _start_library() -> tuple[Any, Any]:
    library = cast(Any, importlib.import_module("mtkahypar"))
    return library, library.initialize(1, False)
