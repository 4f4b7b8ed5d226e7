"""Which core receives from which, and how many events to expect; decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import prod

import numpy as np

from snncc.ir import Network, Use

from ..placement.traffic import Traffic
from .partition.core_parts import HOST, Parts

GUESSED_RATE = 0.1  # events per element and tick where calibration says nothing


def estimate_traffic(parts: Parts, rates: Mapping[str, float]) -> Traffic:
    """Who sends to whom, with events per tick; `rates`: of populations, per element and tick."""
    hearers: defaultdict[int, set[int]] = defaultdict(set)
    heard: set[tuple[int, int]] = set()
    for number, core in enumerate(parts.cores):
        for stretch in (s for stretches in core.ports for s in stretches):
            if stretch.core != HOST:
                hearers[stretch.core].add(number)
                heard.add((stretch.core, stretch.output))
    rate = np.zeros(len(parts.cores))
    for number, output in sorted(heard):
        network = parts.cores[number].network
        use = network.outputs[output]
        rate[number] += prod(network.shapes[use.source]) * _rate(network, use, rates)
    links = sorted((number, each) for number, some in hearers.items() for each in some)
    sources, targets = np.array(links, dtype=np.int64).reshape(-1, 2).T
    return Traffic(rate, np.searchsorted(sources, np.arange(len(parts.cores) + 1)), targets)


def _rate(network: Network, use: Use, rates: Mapping[str, float]) -> float:
    """Events per element and tick: all of what is not a spike."""
    firing = not use.state and any(node.name == use.source for node in network.firing)
    return rates.get(use.source, GUESSED_RATE) if firing else 1.0
