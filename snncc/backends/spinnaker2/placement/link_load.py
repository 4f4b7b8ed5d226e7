"""Placements with the same hops and a lower load of the busiest mesh link."""

from __future__ import annotations

import numpy as np

from snncc.ir import Integers

from ..chip.machine import NODES, ROUTER, node_paths
from .local_search import Local

ROUNDS = 16
TRIED = 64  # exchanges in each round


def mesh_load(local: Local, nodes: Integers) -> float:
    """Packets over the busiest mesh link of the chip."""
    starts = np.full(len(local.rates), ROUTER)
    starts[: local.items] = nodes
    packets = local.rates[:, None] * (local.counts(nodes) > 0)
    flows = np.eye(NODES)[starts].T @ packets
    flows[:, ROUTER] += np.bincount(nodes, local.leaving, minlength=NODES)
    return float((flows.ravel() @ node_paths()).max())


def relieve_links(local: Local, nodes: Integers) -> Integers:
    """The items of `nodes` after exchanges that add no hop and relieve the busiest link."""
    best, least = nodes, mesh_load(local, nodes)
    for _ in range(ROUNDS):
        free = (local.compute_savings(best) <= 0) & (best[:, None] < best)
        found = best
        for a, b in np.argwhere(free)[:TRIED].tolist():
            tried = best.copy()
            tried[[a, b]] = tried[[b, a]]
            load = mesh_load(local, tried)
            if load < least:
                found, least = tried, load
        if found is best:
            return best
        best = found
    return best
