"""Activity: what the wires of a program carry in a tick, of the reference; knows no core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from snncc.ir import Network, Values, run

LANES = 8  # neurons that are listed together


@dataclass(frozen=True)
class Activity:
    """What nodes put out on some samples.

    Attributes:
        values: node → `[samples, ticks, elements]`, integers; a state as `node.state`.
    """

    values: Mapping[str, Values]

    @classmethod
    def of(cls, network: Network, signal: Values) -> Activity:
        """What the nodes of a quantized network put out for `signal` `[samples, ticks, *shape]`."""
        resting = [
            f"%{n.name}.{s.name}" for n in network.populations for s in n.op.states if s.real
        ]
        record = (*(f"%{node.name}" for node in network), *resting)
        wires = run(network, signal, record=record).wires
        return cls({n.removeprefix("%"): v.reshape(*v.shape[:2], -1) for n, v in wires.items()})

    def of_wire(self, reading: Any) -> Values | None:
        """`[samples, ticks, elements]` that are read on a wire, zero before the first tick.

        None for sums in the making, and for states.
        """
        node, _, kind = reading.wire.rpartition("_")
        if kind not in ("events", "values") or node not in self.values:
            return None
        return _delay(self.values[node], reading.delay)

    def count_events(self, reading: Any) -> float:
        """How many entries a list has, on average over the ticks: as many as the values say."""
        values = self.of_wire(reading)
        return 0.0 if values is None else float(np.abs(values).sum() / _ticks(values))

    def count_each(self, reading: Any) -> Values | None:
        """float64 `[elements]`: how often each is listed in a tick; None where not known."""
        values = self.of_wire(reading)
        return None if values is None else np.abs(values).sum(axis=(0, 1)) / _ticks(values)

    def count_nonzero(self, reading: Any, size: int) -> float:
        """How many of `size` elements are not zero, on average; all where that is not known."""
        values = self.of_wire(reading)
        return float(size) if values is None else float(np.count_nonzero(values) / _ticks(values))

    def nonzero_each(self, reading: Any) -> Values | None:
        """float64 `[elements]`: in which share of the ticks each is not zero."""
        values = self.of_wire(reading)
        return None if values is None else np.count_nonzero(values, axis=(0, 1)) / _ticks(values)

    def count_words(self, reading: Any) -> float:
        """Of four elements that stand together, how many have one that is not zero."""
        values = self.of_wire(reading)
        if values is None:
            return 0.0
        whole = values[..., : values.shape[-1] // 4 * 4]
        return float(whole.reshape(*values.shape[:2], -1, 4).any(axis=-1).sum() / _ticks(values))

    def count_listed(self, node: str, blocks: int, across: bool) -> tuple[float, float, float]:
        """Spikes of a population as its C lists them, eight neurons at a time.

        Returns:
            Spikes; pairs of neurons with one; and places up to the last that fires in each eight.
        """
        fired = self.values[node] != 0
        shape = (*fired.shape[:2], -1, blocks) if across else (*fired.shape[:2], blocks, -1)
        lanes = fired.reshape(shape)
        lanes = np.swapaxes(lanes, 2, 3) if across else lanes
        missing = -lanes.shape[-1] % LANES
        lanes = np.pad(lanes, ((0, 0), (0, 0), (0, 0), (0, missing)))
        groups = lanes.reshape(*lanes.shape[:3], -1, LANES)
        pairs = groups.reshape(*groups.shape[:4], -1, 2).any(axis=-1)
        places = (groups * np.arange(1, LANES + 1)).max(axis=-1, initial=0)
        ticks = _ticks(fired)
        spikes, some, far = (float(each.sum() / ticks) for each in (groups, pairs, places))
        return spikes, some, far

    def count_idle(self, node: str, blocks: int, sources: list[Any]) -> tuple[float, float]:
        """Blocks of a population that receive nothing; and of these, those without a potential."""
        fired = self.values[node]
        quiet = np.ones((*fired.shape[:2], blocks), dtype=bool)
        for reading in sources:
            values = self.of_wire(reading)
            if values is not None:
                quiet &= ~values.reshape(*values.shape[:2], blocks, -1).any(axis=-1)
        idle = float(quiet.sum() / _ticks(fired))
        states = [v for n, v in self.values.items() if n.partition(".")[0] == node and "." in n]
        for state in states:
            before = _delay(state, 1).reshape(*state.shape[:2], blocks, -1)
            quiet &= ~before.any(axis=-1)
        return idle, float(quiet.sum() / _ticks(fired))


def _ticks(values: Values) -> int:
    return len(values) * int(values.shape[1])


def _delay(values: Values, ticks: int) -> Values:
    if not ticks:
        return values
    before = np.zeros_like(values[:, :ticks])
    return np.concatenate((before, values), axis=1)[:, : values.shape[1]]
