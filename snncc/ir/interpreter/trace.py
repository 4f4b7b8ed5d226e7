"""Trace: what a run recorded, tick by tick; equality, lag and the first difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from ..network import Decode
from ..param import Values


@dataclass(frozen=True)
class Difference:
    """Where two traces first differ: sample, tick, wire such as `%s1`, flat index of the neuron."""

    sample: int
    tick: int
    node: str
    neuron: int

    def __str__(self) -> str:
        return f"sample {self.sample}, tick {self.tick}, {self.node}, neuron {self.neuron}"


@dataclass(frozen=True)
class Trace:
    """Recorded wires: text of the use (`%s1`, `%s1.v`) → array `[samples, ticks, *shape]`.

    Attributes:
        outputs: the wires that are the network's outputs, in order.
        saturated: node → how many codes its formats had to clip; empty in float.
    """

    wires: Mapping[str, Values]
    outputs: tuple[str, ...]
    saturated: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __getitem__(self, wire: str) -> Values:
        return self.wires[wire]

    @property
    def output(self) -> Values:
        """The first output, `[samples, ticks, *shape]`."""
        return self.wires[self.outputs[0]]

    def cut(self, ticks: slice) -> Trace:
        """The same wires in some of the ticks; the codes clipped are those of all."""
        cut = {wire: values[:, ticks] for wire, values in self.wires.items()}
        return replace(self, wires=MappingProxyType(cut))

    def scores(self, decode: Decode) -> Values:
        """One score per class, `[samples, classes]`: the first output over all ticks."""
        tally = Tally(decode)
        tally.add(self)
        return tally.scores()

    def accuracy(self, labels: Values, decode: Decode) -> float:
        """Share of samples whose largest score is that of `labels` `[samples]`."""
        return float(np.mean(np.argmax(self.scores(decode), axis=1) == labels))

    def compare(self, other: Trace, lag: int = 0) -> tuple[int, Difference | None]:
        """Number of differing elements in the wires that both recorded, and the first of them.

        Args:
            other: the trace that should equal this one.
            lag: ticks by which the other comes later.
        """
        shared = [wire for wire in self.wires if wire in other.wires]
        assert shared, "the two traces have no wire in common"
        count, first = 0, None
        for wire in shared:
            left, right = self.wires[wire], other.wires[wire]
            if lag:
                left, right = left[:, :-lag], right[:, lag:]
            differ = np.asarray(left != right)
            here = int(np.count_nonzero(differ))
            if here:
                count += here
                first = _choose_earlier(first, _first(differ, wire))
        return count, first


class Tally:
    """Scores of the first output, from the windows of ticks that follow one another.

    Attributes:
        decode: what makes one score per class of all ticks.
        ticks: how many there were.
    """

    def __init__(self, decode: Decode) -> None:
        self.decode: Decode = decode
        self.ticks = 0
        self._gathered: Values | None = None

    def add(self, window: Trace) -> None:
        """Takes the next ticks into account."""
        flat = window.output.reshape(*window.output.shape[:2], -1)
        self.ticks += flat.shape[1]
        match self.decode:
            case "count":
                found = flat.sum(axis=1)
            case "mean":
                whole = flat.dtype.kind in "iub"
                found = flat.sum(axis=1, dtype=np.float64 if whole else None)
            case "last":
                found = flat[:, -1].copy()
            case "max":
                found = flat.max(axis=1)
        before = self._gathered
        if before is None or self.decode == "last":
            self._gathered = np.asarray(found)
        else:
            self._gathered = np.maximum(before, found) if self.decode == "max" else before + found

    def scores(self) -> Values:
        """One score per class, `[samples, classes]`, of all ticks so far; at least one window."""
        assert self._gathered is not None, "no window was added"
        if self.decode == "mean":
            return np.asarray(self._gathered / self._gathered.dtype.type(self.ticks))
        return self._gathered


def _first(differ: Values, wire: str) -> Difference:
    flat = differ.reshape(*differ.shape[:2], -1)
    # The earliest tick counts, not the first sample: later ones may only follow from it.
    tick, sample, neuron = (int(i) for i in np.argwhere(flat.swapaxes(0, 1))[0])
    return Difference(sample, tick, wire, neuron)


def _choose_earlier(left: Difference | None, right: Difference) -> Difference:
    return right if left is None or right.tick < left.tick else left
