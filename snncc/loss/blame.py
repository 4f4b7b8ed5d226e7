"""Blame: which layer and which cause lose what, by running the network without each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from snncc.backends import Json
from snncc.ir import Difference, Network, Node, Quantity, Trace, Values

from .causes import EVERYTHING, Cause, find_layer
from .counterfactual import Causes, Counterfactual

MOST_ROWS = 200  # that are run: a network of a thousand layers has thousands
REPAIRED = 8  # of the first rows that are also repaired in the integer network


@dataclass(frozen=True)
class Row:
    """One cause at one node.

    Attributes:
        node: where it is; `layer` is the population that this is or leads to.
        place: of the node in the user's model; empty where it is not known.
        suspect: what is out of the ordinary here; empty where nothing is.
        moved: how far the scores move when the float network has this cause alone: their mean
            distance, as a share of the scores' own spread.
        changed: share of the float network's spikes that differ then.
        lost: points lost then, of accuracy or of equal answers.
        regained: points that the integer network regains without it; None where it was not run.
        first: the first spike that differs when the float network has it alone.
    """

    node: str
    layer: str
    cause: Cause
    place: str
    suspect: str
    moved: float
    changed: float
    lost: float
    regained: float | None = None
    first: Difference | None = None

    def as_json(self) -> dict[str, Json]:
        """As `inspect --loss --json` prints it."""
        first: Json = None
        if self.first is not None:
            at = self.first
            first = {"sample": at.sample, "tick": at.tick, "node": at.node, "neuron": at.neuron}
        return {
            "node": f"%{self.node}",
            "layer": f"%{self.layer}",
            "cause": self.cause.value,
            "place": self.place,
            "suspect": self.suspect,
            "scores_moved": self.moved,
            "spikes_changed": self.changed,
            "points_lost": self.lost,
            "points_regained": self.regained,
            "first": first,
        }


@dataclass(frozen=True)
class Blame:
    """A loss, split by node and cause; the parts do not add up, as they meet in the same spikes.

    Attributes:
        rows: the first is to blame most.
        causes: each cause at all nodes at once.
        lost: points that the integer network loses on the samples, all causes together.
        labelled: whether points are of accuracy, or else of equal answers.
        skipped: how many rows were not run, as there are too many.
    """

    rows: tuple[Row, ...]
    causes: Mapping[Cause, float]
    lost: float
    labelled: bool
    samples: int
    skipped: int = 0

    def as_json(self) -> dict[str, Json]:
        """As `inspect --loss --json` prints it."""
        return {
            "samples": self.samples,
            "points_of": "accuracy" if self.labelled else "equal answers",
            "points_lost": self.lost,
            "causes": {cause.value: lost for cause, lost in self.causes.items()},
            "blame": [row.as_json() for row in self.rows],
            "not_run": self.skipped,
        }


def blame(runs: Counterfactual, signal: Values, labels: Values | None) -> Blame:
    """Who is to blame for what the integers of a network lose on samples.

    Each cause is given to the float network alone, and that is its row. Rows are ranked by how far
    the scores move: unlike points that is seen on a few samples, and unlike spikes it weighs what
    reaches the answer. What is out of the ordinary comes first: fewer bits than the rest of the
    network has, or parameters that lowering does not give. The first rows are also taken away from
    the integer network.

    Args:
        runs: of the integer network.
        signal: `[samples, ticks, *shape]`.
        labels: `[samples]`, or None.
    """
    network, judge = runs.network, _Judge(runs, signal, labels)
    pairs = [(node, cause) for node in network for cause in runs.list_causes(node)]
    usual = _find_usual_bits(network)
    suspects = {
        (node.name, cause): _find_suspect(runs, node, cause, usual) for node, cause in pairs
    }
    pairs.sort(key=lambda pair: not suspects[pair[0].name, pair[1]])
    rows = [judge.row(node, cause, suspects[node.name, cause]) for node, cause in pairs[:MOST_ROWS]]
    rows = [row for row in rows if row.moved or row.changed]
    rows.sort(key=lambda row: (not row.suspect, -row.moved, -row.changed))
    whole = judge.points(judge.run(_give_all(network, EVERYTHING)))
    found = Counter(row.cause for row in rows)
    causes = {
        cause: judge.points(judge.run(_give_all(network, frozenset({cause}))))
        for cause in Cause
        if found[cause]
    }
    first = [replace(row, regained=whole - judge.measure_without(row)) for row in rows[:REPAIRED]]
    ranked = (*first, *rows[REPAIRED:])
    skipped = max(0, len(pairs) - MOST_ROWS)
    return Blame(ranked, causes, whole, labels is not None, len(signal), skipped)


def _give_all(network: Network, causes: frozenset[Cause]) -> Causes:
    return {node.name: causes for node in network}


class _Judge:
    """Compares runs with the float network's."""

    def __init__(self, runs: Counterfactual, signal: Values, labels: Values | None) -> None:
        self._runs, self._signal, self._labels = runs, signal, labels
        self._real = self.run({})
        self._scores = self._real.scores(runs.network.decode).astype(np.float64)
        apart = np.abs(self._scores - self._scores.mean())
        self._spread = float(apart.mean()) or 1.0
        self._right = self._count_right(self._scores)
        self._wires = [f"%{node.name}" for node in runs.network.firing]
        self._fired = sum(int(np.count_nonzero(self._real[wire])) for wire in self._wires)

    def run(self, causes: Causes) -> Trace:
        return self._runs.run(self._signal, causes)

    def points(self, trace: Trace) -> float:
        """Points that a run loses."""
        scores = trace.scores(self._runs.network.decode)
        return self._right - self._count_right(scores)

    def _count_right(self, scores: Values) -> float:
        expected = self._scores.argmax(axis=1) if self._labels is None else self._labels
        return 100 * float(np.mean(scores.argmax(axis=1) == expected))

    def row(self, node: Node, cause: Cause, suspect: str) -> Row:
        """What a cause does alone."""
        network = self._runs.network
        trace = self.run({node.name: frozenset({cause})})
        scores = trace.scores(network.decode)
        count, first = self._count_differing(trace)
        return Row(
            node.name,
            find_layer(network, node.name),
            cause,
            str(node.origin),
            suspect,
            float(np.mean(np.abs(scores - self._scores))) / self._spread,
            count / max(1, self._fired),
            self.points(trace),
            first=first,
        )

    def measure_without(self, row: Row) -> float:
        """Points that the integer network loses without a cause."""
        causes = dict(_give_all(self._runs.network, EVERYTHING))
        causes[row.node] = EVERYTHING - {row.cause}
        return self.points(self.run(causes))

    def _count_differing(self, trace: Trace) -> tuple[int, Difference | None]:
        """Spikes that differ; of graded ones, whether they fire."""
        count, first = 0, None
        for wire in self._wires:
            here, there = (Trace({wire: each[wire] != 0}, (wire,)) for each in (self._real, trace))
            more, at = here.compare(there)
            count += more
            if at is not None and (first is None or at.tick < first.tick):
                first = at
        return count, first


Usual = Mapping[Cause, int]


def _find_usual_bits(network: Network) -> Usual:
    """Cause → the width that most nodes have, of weights and of states."""
    found: Mapping[Cause, Counter[int]] = {
        cause: Counter(_bits(network, (cause,))) for cause in (Cause.WEIGHTS, Cause.STATE)
    }
    return {
        cause: max(counts, key=lambda n: (counts[n], n))
        for cause, counts in found.items()
        if counts
    }


def _bits(network: Network, causes: Iterable[Cause]) -> Iterable[int]:
    for node in network:
        for cause in causes:
            if (bits := _find_width(node, cause)) is not None:
                yield bits


def _find_width(node: Node, cause: Cause) -> int | None:
    """Bits of a node's weights or of its states."""
    role = {Cause.WEIGHTS: "weight", Cause.STATE: "v"}.get(cause, "")
    format = node.formats.get(role)
    return format.bits if isinstance(format, Quantity) else None


def _find_suspect(runs: Counterfactual, node: Node, cause: Cause, usual: Usual) -> str:
    """What is out of the ordinary with a cause at a node; empty where nothing is."""
    bits, most = _find_width(node, cause), usual.get(cause)
    if bits is not None and most is not None and bits < most:
        return f"{bits} bits, where most have {most}"
    if cause in runs.find_edits(node):
        return "not what lowering gives"
    return ""
