"""Judge: how far integers are from the float network on the part of the data that chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from snncc.ir import CompileError, Network, Stream, Tally, Values
from snncc.ir.passes import Ranges
from snncc.loss import find_output_unit
from snncc.portions import choose_samples, choose_window, split_range

Signals: TypeAlias = Mapping[str, Values]
"""Input -> `[samples, ticks, *shape]`."""


@dataclass(frozen=True)
class Distance:
    """How far integers are from floats.

    Attributes:
        others: share of samples with another answer.
        moved: mean distance of the scores, as a share of their spread.
    """

    others: float
    moved: float

    @property
    def total(self) -> float:
        """What is made small: answers come in steps of a sample, scores do not."""
        return self.others + self.moved

    def __str__(self) -> str:
        return f"{self.others:.1%} other answers, scores moved by {self.moved:.2%} of their spread"


class Judge:
    """Compares integer networks with the float network they are made of."""

    def __init__(
        self, network: Network, lower: Callable[[Ranges], Network], signal: Signals
    ) -> None:
        """Runs the float network.

        Args:
            network: float.
            lower: ranges -> the integer network that is built with them.
            signal: by input, `[samples, ticks, *shape]`.
        """
        self._lower, self._signal = lower, signal
        self._scores = _find_scores(network, signal)
        self._spread = float(np.mean(np.abs(self._scores - self._scores.mean()))) or 1.0

    def measure(self, ranges: Ranges) -> tuple[Distance, Network] | None:
        """How far the integers are that ranges give, and they themselves; None if refused."""
        try:
            network = self._lower(ranges)
        except CompileError:
            return None
        scores = _find_scores(network, self._signal)
        return self.compare(scores), network

    def compare(self, scores: Values) -> Distance:
        """How far scores `[samples, classes]` are from those of the float network."""
        others = float(np.mean(scores.argmax(axis=1) != self._scores.argmax(axis=1)))
        return Distance(others, float(np.mean(np.abs(scores - self._scores))) / self._spread)


def _find_scores(network: Network, signal: Signals) -> Values:
    """Scores `[samples, classes]` in real units; samples and ticks run some at a time."""
    (samples, ticks), found = next(iter(signal.values())).shape[:2], list[Values]()
    step = choose_samples(network, ticks)
    for some in split_range(samples, step):
        stream, tally = Stream(network), Tally(network.decode)
        for window in split_range(ticks, choose_window(network, step)):
            part = {name: values[some, window] for name, values in signal.items()}
            tally.add(stream.play(part))
        found.append(tally.scores().astype(np.float64))
    return np.concatenate(found) * find_output_unit(network)
