"""count_operations: what a network does on given samples, layer by layer; no energy, no target."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snncc.backends import Json
from snncc.ir import Network, Stream, Tally, Values, arithmetics
from snncc.portions import choose_samples, choose_window, split_range

from .layer_counts import LayerCounts
from .watched_node import WatchedNode

SUMMED = (
    "dense", "unpadded", "accumulates", "multiplies", "biases", "neurons", "updates", "spikes",
    "others", "weights", "state_bytes",
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """What a network does in one inference.

    Attributes:
        layers: in the network's order.
        ticks: of a sample.
        samples: on how many the mean was taken.
        scores: `[samples, classes]`, what the network answered meanwhile.
    """

    layers: tuple[LayerCounts, ...]
    ticks: int
    samples: int
    scores: Values = field(compare=False, repr=False)

    def total(self, count: str) -> float:
        """The sum of one of the layers' counts."""
        return float(sum(getattr(layer, count) for layer in self.layers))

    def as_json(self) -> dict[str, Json]:
        """Totals, as `estimate --json` prints them; NeuroBench's names beside."""
        ac, mac = self.total("accumulates"), self.total("multiplies")
        updates = self.total("updates")
        return {
            **{name: self.total(name) for name in SUMMED},
            "ticks": self.ticks,
            "samples": self.samples,
            "neurobench": {
                "Effective_ACs": ac,
                "Effective_MACs": mac,
                "Dense": self.total("unpadded"),
                "ActivationSparsity": 1 - self.total("spikes") / updates if updates else None,
            },
        }


def count_operations(network: Network, signal: Values) -> Counts:
    """What a network does on samples, from its reference.

    Args:
        network: verified; in integers, weights count by their codes.
        signal: `[samples, ticks, *shape]`, at least one sample.

    Raises:
        UsageError: the signal does not have the input's shape.
    """
    known = arithmetics(network)
    watched = [WatchedNode(network, node, known) for node in network]
    samples, ticks = signal.shape[:2]
    record = sorted({wire for each in watched for wire in each.wires})
    scores: list[Values] = []
    for some in split_range(samples, choose_samples(network, ticks)):
        part, tally = signal[some], Tally(network.decode)
        stream = Stream(network, record=record or "outputs")
        for each in watched:
            each.begin(len(part))
        for window in split_range(ticks, choose_window(network, len(part))):
            trace = stream.play(part[:, window])
            tally.add(trace)
            for each in watched:
                each.add(trace.wires)
        scores.append(tally.scores())
    layers = tuple(each.count(samples, ticks) for each in watched)
    return Counts(layers, ticks, samples, np.concatenate(scores))
