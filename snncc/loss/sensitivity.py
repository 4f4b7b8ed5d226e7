"""Sensitivity: what a float network keeps of its answers when its weights change at random."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

import numpy as np

from snncc.backends import Json
from snncc.ir import Measure, Network, Ref, Tensor, Trace, Values, run

from .causes import find_layer

LEVELS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""Standard deviations of the changes, relative to each weight."""
SEEDS = 3
LIKE_INTEGERS = 1e-4
"""The change beside which the loss of integers is put: far below half a code of 8 bits."""
MOST_LAYERS = 32  # that are changed one by one


@dataclass(frozen=True)
class Change:
    """All weights changed by a relative `level`, several times.

    Attributes:
        lost: points lost, the mean over the seeds; `least_lost` is the best of them.
        agreement: share of equal answers, the mean over the seeds.
        first: the earliest tick at which a spike differs; None where none does.
    """

    level: float
    lost: float
    least_lost: float
    agreement: float
    first: int | None

    def as_json(self) -> dict[str, Json]:
        """As `inspect --loss --json` prints it."""
        return {
            "level": self.level,
            "points_lost": self.lost,
            "least_points_lost": self.least_lost,
            "agreement": self.agreement,
            "first_tick": self.first,
        }


@dataclass(frozen=True)
class LayerChange:
    """The weights that lead to one population changed, alone.

    Attributes:
        changed: share of all spikes that differ.
        first: the earliest tick at which one does; None where none does.
    """

    layer: str
    changed: float
    first: int | None

    def as_json(self) -> dict[str, Json]:
        """As `inspect --loss --json` prints it."""
        return {
            "layer": f"%{self.layer}",
            "spikes_changed": self.changed,
            "first_tick": self.first,
        }


@dataclass(frozen=True)
class Sensitivity:
    """What random changes do to a float network.

    Attributes:
        score: percent of right answers without a change; of equal answers, 100, without labels.
        layers: the one whose change diverges most comes first; changed by `LIKE_INTEGERS`.
        sample: points of one sample.
    """

    score: float
    changes: tuple[Change, ...]
    layers: tuple[LayerChange, ...]
    labelled: bool
    sample: float

    @property
    def floor(self) -> float:
        """Points that any change of `LIKE_INTEGERS` loses."""
        return next(each.lost for each in self.changes if each.level == LIKE_INTEGERS)

    @property
    def chosen(self) -> bool:
        """Whether the score is higher than after any change that matters, down to small ones.

        A score that any change lowers was chosen on these samples, as is the best of many epochs.
        """
        felt = [each for each in self.changes if each.agreement < 1]
        early = bool(felt) and felt[0].level <= LIKE_INTEGERS
        return self.labelled and early and all(each.least_lost > 0 for each in felt)

    def as_json(self) -> dict[str, Json]:
        """As `inspect --loss --json` prints it."""
        return {
            "score": self.score,
            "changes": [each.as_json() for each in self.changes],
            "layers": [each.as_json() for each in self.layers],
            "score_above_all_changes": self.chosen,
        }


def measure_sensitivity(network: Network, signal: Values, labels: Values | None) -> Sensitivity:
    """What random relative changes of all weights do to a float network's answers.

    Args:
        network: in float.
        signal: `[samples, ticks, *shape]`.
        labels: `[samples]`, or None: then points are of answers equal to the unchanged network's.
    """
    as_it_is = _Unchanged(network, signal, labels)
    changes = tuple(as_it_is.change(level) for level in LEVELS)
    layers = _list_layers(network, signal, as_it_is.trace)
    sample = 100 / len(signal)
    return Sensitivity(as_it_is.score, changes, layers, labels is not None, sample)


def measure_floor(network: Network, signal: Values, labels: Values | None) -> Change:
    """What changes of `LIKE_INTEGERS` do alone; the arguments are those of measure_sensitivity."""
    return _Unchanged(network, signal, labels).change(LIKE_INTEGERS)


class _Unchanged:
    """The float network as it is, on some samples."""

    def __init__(self, network: Network, signal: Values, labels: Values | None) -> None:
        self._network, self._signal = network, signal
        self.trace = run(network, signal, record="spikes")
        self._answers = self._answer(self.trace)
        self._right = self._answers if labels is None else labels
        self.score = 100 * float(np.mean(self._answers == self._right))

    def _answer(self, trace: Trace) -> Values:
        return np.asarray(trace.scores(self._network.decode).argmax(axis=1))

    def change(self, level: float) -> Change:
        """What changes of all weights by a relative `level` do."""
        lost, agreement, ticks = list[float](), list[float](), list[int]()
        for seed in range(SEEDS):
            changed = change_weights(self._network, level, seed)
            trace = run(changed, self._signal, record="spikes")
            given = self._answer(trace)
            lost.append(self.score - 100 * float(np.mean(given == self._right)))
            agreement.append(float(np.mean(given == self._answers)))
            tick = _count_differing(self._network, self.trace, trace)[1]
            ticks += [] if tick is None else [tick]
        mean = float(np.mean(lost)), min(lost), float(np.mean(agreement))
        return Change(level, *mean, min(ticks, default=None))


def _list_layers(network: Network, signal: Values, real: Trace) -> tuple[LayerChange, ...]:
    leads: dict[str, set[str]] = {}
    for node in network:
        if node.op.select_fields(Measure.WEIGHT):
            leads.setdefault(find_layer(network, node.name), set()).add(node.name)
    fired = sum(int(np.count_nonzero(real[f"%{node.name}"])) for node in network.firing)
    found: list[LayerChange] = []
    for layer, names in [*leads.items()][:MOST_LAYERS]:
        trace = run(change_weights(network, LIKE_INTEGERS, 0, names), signal, record="spikes")
        count, tick = _count_differing(network, real, trace)
        found.append(LayerChange(layer, count / max(1, fired), tick))
    return tuple(sorted(found, key=lambda each: -each.changed))


def _count_differing(network: Network, one: Trace, other: Trace) -> tuple[int, int | None]:
    """How many spikes differ, and the earliest tick at which one does."""
    count, ticks = 0, list[int]()
    for node in network.firing:
        wire = f"%{node.name}"
        differ = (one[wire] != 0) != (other[wire] != 0)
        count += int(np.count_nonzero(differ))
        if np.any(differ):
            flat = differ.reshape(*differ.shape[:2], -1)
            ticks.append(int(np.argmax(flat.any(axis=(0, 2)))))
    return count, min(ticks, default=None)


def change_weights(
    network: Network, level: float, seed: int, names: Container[str] | None = None
) -> Network:
    """The network with its weights and their biases changed by a normal relative `level`.

    Args:
        network: in float.
        level: standard deviation of the change, relative to each weight.
        seed: of the changes.
        names: of the nodes whose weights change; all where not given.
    """
    rng = np.random.default_rng(seed)
    tensors: Mapping[str, Tensor] = network.tensors
    new = dict(tensors)
    for node in network:
        if not node.op.select_fields(Measure.WEIGHT) or (
            names is not None and node.name not in names
        ):
            continue
        for value in node.op.select_fields(Measure.WEIGHT, Measure.OFFSET).values():
            if isinstance(value, Ref) and new[value.name] is tensors[value.name]:
                real = np.asarray(tensors[value.name].values, dtype=np.float64)
                new[value.name] = Tensor(real * (1 + level * rng.standard_normal(real.shape)))
    return network.edit(tensors=new)
