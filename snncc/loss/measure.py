"""The float network beside the integers made of it, on the same samples; no target, no repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snncc.backends import Json
from snncc.ir import Difference, Network, Stream, Tally, Trace, Values, arithmetics, values_of
from snncc.ir.ops import Weighted
from snncc.portions import choose_samples, choose_window, split_range

from .likeness import Likeness, find_output_unit


@dataclass
class LayerLoss:
    """One population: its spikes in floats and in integers.

    Attributes:
        equal, values: how many of its values are alike, of how many.
        first: where they part first.
        saturated: codes that its formats had to clip.
        zero_codes: weights into it that are not zero, and whose codes are.
    """

    node: str
    spikes_float: int = 0
    spikes_quantized: int = 0
    equal: int = 0
    values: int = 0
    first: Difference | None = None
    saturated: int = 0
    zero_codes: int = 0

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it."""
        first: Json = None
        if self.first is not None:
            at = self.first
            first = {"sample": at.sample, "tick": at.tick, "neuron": at.neuron}
        return {
            "node": f"%{self.node}",
            "spikes_float": self.spikes_float,
            "spikes_quantized": self.spikes_quantized,
            "agreement": self.equal / self.values if self.values else 1.0,
            "first": first,
            "saturated": self.saturated,
            "zero_codes": self.zero_codes,
        }


@dataclass(frozen=True)
class Loss:
    """What was lost on some samples.

    Attributes:
        accuracy: `float` and `quantized`; empty where there are no labels.
        agreement: share of samples with the same answer.
        correlation: of all scores of the first output.
        alike: share of the first output's values that are alike, tick by tick, or of their means
            over the ticks where that is more: a spike may come a tick later.
        layers: those that both networks have, in order.
    """

    accuracy: Mapping[str, float]
    agreement: float
    correlation: float
    alike: float
    layers: tuple[LayerLoss, ...]

    @property
    def drop(self) -> float:
        """Points lost: of accuracy, or of equal answers where there are no labels."""
        if self.accuracy:
            return 100 * (self.accuracy["float"] - self.accuracy["quantized"])
        return 100 * (1 - self.agreement)

    def as_json(self) -> dict[str, Json]:
        """As `verify --json` prints it."""
        return {
            "accuracy": dict(self.accuracy),
            "output": {
                "agreement": self.agreement,
                "correlation": self.correlation,
                "alike": self.alike,
            },
            "layers": [layer.as_json() for layer in self.layers],
        }


@dataclass
class Measured:
    """The loss, gathered batch by batch, and of a batch window by window.

    Attributes:
        source: the float network.
        network: its integers; each output comes `lag` ticks later.
    """

    source: Network
    network: Network
    lag: int = 0
    layers: dict[str, LayerLoss] = field(default_factory=dict[str, LayerLoss])
    scores: list[tuple[Values, Values]] = field(default_factory=list[tuple[Values, Values]])
    labels: list[Values] = field(default_factory=list[Values])
    samples: int = 0
    likeness: Likeness = field(init=False)

    def __post_init__(self) -> None:
        self.likeness = Likeness(find_output_unit(self.network))
        zeros = _zero_codes(self.network)
        shared = [n.name for n in self.source.firing if n.name in self.network]
        for name in () if self.lag else shared:
            self.layers[name] = LayerLoss(name, zero_codes=zeros.get(name, 0))

    def add(self, real: Trace, codes: Trace, tick: int = 0) -> None:
        """Takes a window of a batch of samples into account; spikes of both were recorded.

        Args:
            real: in floats.
            codes: in integers.
            tick: the window's first.
        """
        self.likeness.add(real.output, codes.output)
        for name, layer in self.layers.items():
            wire = f"%{name}"
            if wire in real.wires and wire in codes.wires:
                _compare(layer, real[wire], codes[wire], self.samples, tick)

    def end(
        self, real: Values, codes: Values, saturated: Mapping[str, int], labels: Values | None
    ) -> None:
        """Ends a batch.

        Args:
            real: scores `[samples, classes]` in floats.
            codes: the same in integers.
            saturated: node → codes that were clipped in the batch.
            labels: int64 `[samples]`, where they are known.
        """
        for name, layer in self.layers.items():
            layer.saturated += saturated.get(name, 0)
        self.likeness.end()
        self.scores.append((real, codes))
        if labels is not None:
            self.labels.append(labels)
        self.samples += len(real)

    def loss(self) -> Loss:
        """What has been lost on all samples so far."""
        real, codes = (
            np.concatenate(side).astype(np.float64) for side in zip(*self.scores, strict=True)
        )
        answers = [scores.argmax(axis=1) for scores in (real, codes)]
        accuracy: dict[str, float] = {}
        if self.labels:
            right = np.concatenate(self.labels)
            shares = (float(np.mean(answer == right)) for answer in answers)
            accuracy = dict(zip(("float", "quantized"), shares, strict=True))
        return Loss(
            accuracy,
            float(np.mean(answers[0] == answers[1])),
            _correlation(real.reshape(-1), codes.reshape(-1)),
            self.likeness.share,
            tuple(self.layers.values()),
        )


def measure(
    source: Network, network: Network, signal: Values, labels: Values | None, lag: int = 0
) -> Loss:
    """What integers lose of a float network on samples `[samples, ticks, *shape]`.

    Or one network of another: `lag` is by how many ticks one answers later.
    """
    found, ticks = Measured(source, network, lag), signal.shape[1]
    step = choose_samples(source, ticks)
    for some in split_range(len(signal), step):
        streams = [Stream(each, record="spikes") for each in (source, network)]
        tallies = [Tally(source.decode) for _ in streams]
        codes: Mapping[str, int] = {}
        for window in split_range(ticks, choose_window(source, step)):
            traces = [stream.play(signal[some, window]) for stream in streams]
            for tally, trace in zip(tallies, traces, strict=True):
                tally.add(trace)
            found.add(traces[0], traces[1], window.start)
            codes = traces[1].saturated
        real, whole = (tally.scores() for tally in tallies)
        found.end(real, whole, codes, None if labels is None else labels[some])
    return found.loss()


def _compare(layer: LayerLoss, real: Values, codes: Values, offset: int, start: int) -> None:
    fired, sent = real != 0, codes != 0
    differ = fired != sent
    layer.spikes_float += int(np.count_nonzero(fired))
    layer.spikes_quantized += int(np.count_nonzero(sent))
    layer.values += differ.size
    parted = int(np.count_nonzero(differ))
    layer.equal += differ.size - parted
    if parted:
        flat = differ.reshape(*differ.shape[:2], -1)
        tick, sample, neuron = (int(i) for i in np.argwhere(flat.swapaxes(0, 1))[0])
        if layer.first is None or tick + start < layer.first.tick:
            layer.first = Difference(sample + offset, tick + start, f"%{layer.node}", neuron)


def _correlation(real: Values, codes: Values) -> float:
    """Of two series; one where both are constant, as nothing tells them apart."""
    spread = float(np.std(real)), float(np.std(codes))
    if not spread[0] or not spread[1]:
        return 1.0 if spread[0] == spread[1] else 0.0
    return float(np.corrcoef(real, codes)[0, 1])


def _zero_codes(network: Network) -> dict[str, int]:
    """Population → weights on the way into it that are not zero, and whose codes are."""
    if not network.quantized:
        return {}
    zeros: dict[str, int] = {}
    for name, (a, _) in arithmetics(network).items():
        op = network[name].op
        if isinstance(op, Weighted):
            real = values_of(op.weight, network.tensors)
            zeros[name] = int(np.count_nonzero((op.weight_codes(a) == 0) & (real != 0)))
    found: dict[str, int] = {}
    for node in network.populations:
        pending, seen = [use.source for use in node.inputs], set[str]()
        while pending:
            source = network[pending.pop()]
            if source.name in seen or source.op.states:
                continue
            seen.add(source.name)
            if source.name in zeros:
                found[node.name] = found.get(node.name, 0) + zeros[source.name]
            else:
                pending += [use.source for use in source.inputs]
    return found
